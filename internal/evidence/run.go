package evidence

import "time"

// RunVersion is the version of run.json's layout. A reader refuses another one.
const RunVersion = 1

// Run is run.json: how the run was made, what happened to it, and which evidence it declares. A check
// that needs declared evidence and does not find it is undecided.
type Run struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"`
	Scenario  string    `json:"scenario"`
	Seed      uint64    `json:"seed"`
	PlanHash  string    `json:"plan_sha256"`
	StartedAt time.Time `json:"started_at"` // wall clock, for people; no check uses it
	ElapsedNS int64     `json:"elapsed_ns"` // from the run's start to the last operation's return

	Invocation Invocation `json:"invocation"`

	Build    Build    `json:"build"`
	Server   Server   `json:"server"`
	Database Database `json:"database"`
	Declared Declared `json:"declared"`

	Probes      []ClockProbe `json:"clock_probes"`
	Faults      []Fault      `json:"faults"`
	Gaps        []string     `json:"gaps"`        // why evidence is incomplete, one line each
	Interrupted string       `json:"interrupted"` // why the run ended early; empty if it ran to its end
	Sends       Sends        `json:"sends"`

	Thresholds []Threshold      `json:"thresholds"`
	Exercise   map[string]int64 `json:"exercise"` // per check, the least it must have exercised
	Broken     []string         `json:"broken"`   // checks that this run is expected to break
}

// Invocation is what the user said to get the run, so that anybody can say it again; what Server, Database and
// Seed tell is not repeated. It holds no secret: of a file with one it has the path. Empty in runs of builds that
// did not note it.
type Invocation struct {
	Scenario   string   `json:"scenario"`            // as it was named: a built-in name or a path
	Overrides  []string `json:"overrides"`           // KEY=VALUE, changes to the scenario
	Image      string   `json:"image"`               // of the database's container; empty: none was asked for
	Targets    []string `json:"targets"`             // URLs of servers that were running already
	Product    int64    `json:"product"`             // with targets: what was bought there
	SecretFile string   `json:"webhook_secret_file"` // with targets: path of the file with their webhook secret
}

// Build says what made the run.
type Build struct {
	Flashsale string `json:"flashsale"`
	Go        string `json:"go"`
	Platform  string `json:"platform"`
}

// Server says what was under test and with which settings.
type Server struct {
	Kind            string   `json:"kind"`    // flashsale, strawman or target
	Without         []string `json:"without"` // strawman: the guards that were removed
	Replicas        int      `json:"replicas"`
	HoldTTLUS       int64    `json:"hold_ttl_us"`
	SweepIntervalUS int64    `json:"sweep_interval_us"`
	MaxQty          int64    `json:"max_qty"`
}

// Database says where MySQL came from and the settings that make it durable, as it reported them.
type Database struct {
	Source   string            `json:"source"` // dsn, child, container; none for a target without database
	Version  string            `json:"version"`
	Settings map[string]string `json:"settings"`
}

// Declared counts the rows of every file of evidence; a file that is not declared was never meant to
// be there, one that is declared and missing, or has another count, makes its checks undecided.
type Declared struct {
	Operations  int64            `json:"operations"`
	Commits     *int64           `json:"commits"`      // transactions; nil: this run has no commit log
	NoCommits   string           `json:"no_commits"`   // why it has none, and what would give it one; empty if it has
	StartTables map[string]int64 `json:"start_tables"` // rows per table; nil: not taken
	FinalTables map[string]int64 `json:"final_tables"`
}

// ClockProbe ties the two clocks together: the database said Database between Before and After.
type ClockProbe struct {
	Before   int64 `json:"before_ns"`   // monotonic, since the run's start
	Database int64 `json:"database_us"` // microseconds since the Unix epoch
	After    int64 `json:"after_ns"`
}

// Fault is something that was done to the system, and whether the victim's own evidence shows it.
type Fault struct {
	Name      string `json:"name"`         // its kind, as in the scenario
	Victim    string `json:"victim"`       // server-0, database, ...
	Injected  int64  `json:"injected_ns"`  // nanoseconds since the run's start, as the next two
	Healed    int64  `json:"healed_ns"`    // when the harm was taken back; before Injected: never
	Recovered int64  `json:"recovered_ns"` // when all was ready and answering again; 0: it never was
	Bitten    bool   `json:"bitten"`       // the victim shows it
	Detail    string `json:"detail"`       // what the victim shows, or why nobody knows
}

// Missed tells a fault whose time never came: the run was over before.
func (f Fault) Missed() bool { return !f.Bitten && f.Healed < f.Injected }

// Over is when the system had got over the fault. One of which that is not known lasts until the run's end.
func (f Fault) Over(end int64) int64 {
	switch {
	case f.Missed():
		return f.Injected
	case f.Recovered == 0:
		return max(end, f.Healed)
	}
	return max(f.Healed, f.Recovered)
}

// Sends tells whether the open model kept its promise: a send later than LateAfterNS past its
// intended start counts as late; more than LateMax of them make the run undecided.
type Sends struct {
	Total       int64 `json:"total"`
	Late        int64 `json:"late"`
	LateMax     int64 `json:"late_max"`
	LateAfterNS int64 `json:"late_after_ns"`
	WorstLateNS int64 `json:"worst_late_ns"`
}

// Threshold is one bound of the scenario, already parsed: Stat of Metric compared with Value.
type Threshold struct {
	Text   string  `json:"text"`   // as written: hold.p99 < 50ms
	Metric string  `json:"metric"` // an operation kind (latency in ms), run, or fault
	Stat   string  `json:"stat"`   // p50, p90, p99, p99.9, max, mean, rate (ok per second), errors (share), count; see scenarios
	Op     string  `json:"op"`     // < <= > >= ==
	Value  float64 `json:"value"`  // milliseconds for latencies and recovery
}
