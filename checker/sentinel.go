package checker

import (
	"cmp"
	"fmt"
	"slices"

	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// SentinelOptions say what is known about a living shop.
type SentinelOptions struct {
	HoldTTLUS int64 // the time for which a hold is granted, in microseconds; 0: not known, and not judged
	Recent    int   // how many settled rows of each table are remembered; at least 1. What is reserved always is

	// Timed says that rows bear the times of their decisions, read under the product's lock. It is known of our own
	// schema, see DecisionTimes. Without it nothing that depends on time is judged, and no hold counts as lapsed.
	Timed bool
}

// Sentinel judges the commits of a living shop as they come, in bounded memory: it starts from the rows as they
// stand, and remembers of what is over only the newest. A hole in the log does not end it: it begins again from the
// rows as they stand then, and its verdict says that something was missed. It is used by one goroutine.
//
// It sees commits alone. What clients were told, and whether they should have been told otherwise, it cannot judge;
// nor how late the sweep is. Rows that are over may be deleted, as retention does.
type Sentinel struct {
	options  SentinelOptions
	machine  *replay.Machine
	findings map[string]*findings // by check, of all machines so far
	found    []replay.Finding     // in the commit at hand
	timed    bool
	album    album
	crash    string // of the machine, which ends what it can judge
	gaps     int64
	reasons  []string // of the first gaps
}

// Sighting is one case of a broken promise, in the commit that was applied last.
type Sighting struct {
	Check   string `json:"check"`
	Promise string `json:"promise"`

	// Violation tells of this case alone, but for Count: how often there was one of its kind so far, with this one.
	// Commits are shown with the first few of a kind.
	Violation
}

// SightingsShown is how many cases of each kind come with the commits that show them.
const SightingsShown = 3

// NewSentinel makes a sentinel that knows no rows. Begin comes first.
func NewSentinel(o SentinelOptions) *Sentinel {
	s := &Sentinel{options: o, findings: make(map[string]*findings)}
	for _, name := range SentinelChecks() {
		s.findings[name] = newFindings()
	}
	return s
}

// Begin forgets all rows. The rows as they stand come next, seeded table by table from one snapshot: products,
// holds, orders, events. Then come the commits, from a position of the log that was its end before the snapshot.
// columns lists "table.column" for every column of the database.
func (s *Sentinel) Begin(columns map[string]bool) {
	s.settle()
	s.album, s.crash = album{}, ""
	s.timed = s.options.Timed && stamped(columns) || DecisionTimes(columns)
	s.machine = replay.New(replay.Options{
		TTLUS: s.options.HoldTTLUS, Timed: s.timed, Columns: columns, Recent: s.options.Recent,
		Overlap: true, Pruned: true,
		Found: func(f replay.Finding) { s.found = append(s.found, f) },
	})
}

// DecisionTimes tells whether rows with these columns are surely stamped with the times of their decisions: nobody
// but our server keeps products.stock_held.
func DecisionTimes(columns map[string]bool) bool {
	return stamped(columns) && columns["products.stock_held"]
}

// Timed tells whether what depends on time is judged.
func (s *Sentinel) Timed() bool { return s.timed }

// settle takes over what the machine has counted, before it is let go.
func (s *Sentinel) settle() {
	if s.machine == nil {
		return
	}
	for name, f := range s.findings {
		f.exercised += s.machine.Exercised(name)
	}
	s.machine = nil
}

// SeedProduct takes in a row of products.
func (s *Sentinel) SeedProduct(row *evidence.Product) { s.machine.SeedProduct(row) }

// SeedHold takes in a row of holds.
func (s *Sentinel) SeedHold(row *evidence.Hold) { s.machine.SeedHold(row) }

// SeedOrder takes in a row of orders.
func (s *Sentinel) SeedOrder(row *evidence.Order) { s.machine.SeedOrder(row) }

// SeedEvent takes in a row of payment_events.
func (s *Sentinel) SeedEvent(row *evidence.PaymentEvent) { s.machine.SeedEvent(row) }

// Joined says that the commits from here on are in no seeded row: where the log ended after the snapshot was read.
func (s *Sentinel) Joined() { s.machine.Joined() }

// Apply judges the next commit, and returns what it broke. It keeps the commit's Changes for a while: they must not
// be changed.
func (s *Sentinel) Apply(c *evidence.Commit) []Sighting {
	s.found = s.found[:0]
	s.album.add(*c)
	s.advance(c)
	if len(s.found) == 0 {
		return nil
	}
	sightings := make([]Sighting, len(s.found))
	for i := range s.found {
		sightings[i] = s.sighted(&s.found[i])
	}
	return sightings
}

// advance takes the machine past a commit. Whatever a stranger's rows do to it, the watch goes on.
func (s *Sentinel) advance(c *evidence.Commit) {
	defer func() {
		if trouble := recover(); trouble != nil {
			s.crash, s.found = fmt.Sprintf("the replay of commit %d crashed: %v", c.Position, trouble), s.found[:0]
		}
	}()
	s.machine.Apply(c)
}

// sighted takes one finding to the verdict, and says what is to be said of it now.
func (s *Sentinel) sighted(x *replay.Finding) Sighting {
	c, kinds := caseOf(x), s.findings[x.Check].kinds
	kind := kinds[x.What]
	if kind == nil {
		kind = &accusation{Violation: Violation{What: x.What, First: c, Worst: c}}
		kinds[x.What] = kind
	}
	if kind.Count++; c.severity > kind.Worst.severity {
		kind.Worst = c
	}
	seen := accusation{
		Violation{What: x.What, Count: kind.Count, First: c, Worst: c},
		exhibit{commits: append([]int64{x.Position}, x.Positions...), rows: rowsOf(x.IDs)},
	}
	if kind.Count <= SightingsShown {
		s.album.show(&seen)
	}
	if kind.Count == 1 {
		kind.Commits = seen.Commits
	}
	return Sighting{Check: x.Check, Promise: promiseOf(x.Check), Violation: seen.Violation}
}

func promiseOf(name string) string {
	checks := registry()
	i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
	return checks[i].promise
}

// Gap tells why the rows and the log do not go together; empty if nothing speaks against it. From a gap on nothing
// is judged until the next Begin.
func (s *Sentinel) Gap() string { return cmp.Or(s.crash, s.machine.Gap()) }

// Missed notes that commits were not seen, and why. The verdict is undecided from here on, unless something is broken.
func (s *Sentinel) Missed(why string) {
	if s.gaps++; s.gaps <= gapsTold {
		s.reasons = append(s.reasons, why)
	}
}
