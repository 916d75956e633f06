package checker

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

func TestExitCodes(t *testing.T) {
	missed := evidence.Threshold{Text: "hold.count < 1", Metric: "hold", Stat: "count", Op: "<", Value: 1}
	unmeasured := evidence.Threshold{Text: "read-hold.p98 < 1ms", Metric: "coffee", Stat: "p98", Op: "<", Value: 1}
	breakIt := func(ev *Evidence) { ev.Final.Orders[0].TotalPrice++ }
	doubtIt := func(ev *Evidence) { ev.Run.Exercise = map[string]int64{"price-exact": 1000} }
	missIt := func(ev *Evidence) { ev.Run.Thresholds = append(ev.Run.Thresholds, missed) }
	sendLate := func(late int64) func(*Evidence) {
		return func(ev *Evidence) { ev.Run.Sends = evidence.Sends{Total: 9, Late: late, LateMax: 1} }
	}
	exercise := func(name string) func(*Evidence) {
		return func(ev *Evidence) { ev.Run.Exercise = map[string]int64{name: 1} }
	}
	expect := func(name string) func(*Evidence) {
		return func(ev *Evidence) { ev.Run.Broken = []string{name} }
	}
	harm := func(f evidence.Fault) func(*Evidence) {
		return func(ev *Evidence) { ev.Run.Faults = []evidence.Fault{f} }
	}
	tests := []struct {
		name  string
		spoil []func(*Evidence)
		want  int
	}{
		{"held", nil, ExitHeld},
		{"threshold", []func(*Evidence){missIt}, ExitThreshold},
		{"undecided beats threshold", []func(*Evidence){missIt, doubtIt}, ExitUndecided},
		{"broken beats both", []func(*Evidence){missIt, doubtIt, breakIt}, ExitBroken},
		{"unmeasured threshold", []func(*Evidence){func(ev *Evidence) {
			ev.Run.Thresholds = []evidence.Threshold{unmeasured}
		}}, ExitUndecided},
		{"interrupted", []func(*Evidence){func(ev *Evidence) { ev.Run.Interrupted = "SIGINT" }}, ExitUndecided},
		{"gap", []func(*Evidence){func(ev *Evidence) { ev.Run.Gaps = []string{"lost a minute"} }}, ExitUndecided},
		{"late sends", []func(*Evidence){sendLate(2)}, ExitUndecided},
		{"some late sends", []func(*Evidence){sendLate(1)}, ExitHeld},
		{"a fault", []func(*Evidence){harm(evidence.Fault{Bitten: true, Injected: 1e9, Healed: 2e9, Recovered: 3e9})}, ExitHeld},
		{"a fault that did not bite", []func(*Evidence){harm(evidence.Fault{Injected: 1e9, Healed: 2e9, Recovered: 3e9})},
			ExitUndecided},
		{"a fault without recovery", []func(*Evidence){harm(evidence.Fault{Bitten: true, Injected: 1e9, Healed: 2e9})},
			ExitUndecided},
		{"nothing happened", []func(*Evidence){func(ev *Evidence) { *ev = *newShop().rest() }}, ExitUndecided},
		{"misspelled exercise", []func(*Evidence){exercise("prize-exact")}, ExitUndecided},
		{"misspelled expectation", []func(*Evidence){expect("prize-exact")}, ExitUndecided},
		{"expected and broken", []func(*Evidence){breakIt, expect("price-exact")}, ExitBroken},
		{"expected and not broken", []func(*Evidence){expect("price-exact")}, ExitUndecided},
		{"no tables at all", []func(*Evidence){func(ev *Evidence) {
			ev.Run.Declared.FinalTables, ev.Run.Declared.StartTables, ev.Final, ev.Start = nil, nil, nil, nil
		}}, ExitHeld},
		{"tables declared and missing", []func(*Evidence){func(ev *Evidence) { ev.Final = nil }}, ExitUndecided},
		{"commits declared", []func(*Evidence){func(ev *Evidence) { ev.Run.Declared.Commits = new(int64) }}, ExitUndecided},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ev := day().rest()
			for _, spoil := range test.spoil {
				spoil(ev)
			}
			if v := Judge(ev); v.ExitCode != test.want {
				t.Errorf("exit code %d, want %d: %v", v.ExitCode, test.want, v.Reasons)
			}
		})
	}
}

func TestAllSkippedIsUndecided(t *testing.T) {
	ev := day().rest()
	ev.Run.Declared.FinalTables, ev.Run.Declared.StartTables, ev.Final, ev.Start = nil, nil, nil, nil
	ev.Operations = ev.Operations[:1]
	ev.Run.Exercise = map[string]int64{"duplicates-answer-alike": 0, "forged-rejected": 0}
	v := Judge(ev)
	for _, r := range v.Checks {
		if r.Verdict != Skipped {
			t.Fatalf("%s: %s (%s)", r.Name, r.Verdict, r.Reason)
		}
	}
	if v.ExitCode != ExitUndecided || len(v.Reasons) != 1 {
		t.Errorf("exit code %d, %v", v.ExitCode, v.Reasons)
	}
}

func TestNothingExercisedIsUndecided(t *testing.T) {
	ev := newShop().rest()
	for _, r := range Judge(ev).Checks {
		if r.Verdict != Undecided && r.Reason != "this run has no commit log" {
			t.Errorf("%s: %s (%s) although nothing happened", r.Name, r.Verdict, r.Reason)
		}
	}
}

// A shop that only ever refused has kept its promises, and shown nothing.
func TestNothingSoldIsUndecided(t *testing.T) {
	s := newShop()
	s.product(1, 100, 1)
	s.readProduct(1)
	s.hold(1, 9, "h1", answered) // not enough stock
	s.hold(1, 1, "h2", answered)
	s.order(7, "o1", answered)              // no such hold
	s.webhook(7, "success", "e1", answered) // no such order
	s.tampered(7, "success", "e2", evidence.Forged)
	v := Judge(s.logged(s.rest()))
	r := word(t, v, "sold-matches-paid")
	if v.ExitCode != ExitUndecided || r.Verdict != Undecided || r.Exercised != 0 {
		t.Errorf("exit code %d; %s: %s, exercised %d", v.ExitCode, r.Name, r.Verdict, r.Exercised)
	}
}

func TestExercise(t *testing.T) {
	ev := day().rest()
	exercised := word(t, Judge(ev), "price-exact").Exercised
	for least, want := range map[int64]Word{exercised: Pass, exercised + 1: Undecided} {
		ev.Run.Exercise = map[string]int64{"price-exact": least}
		if r := word(t, Judge(ev), "price-exact"); r.Verdict != want {
			t.Errorf("%d of %d exercised: %s, want %s", exercised, least, r.Verdict, want)
		}
	}
}

func indexOf(ev *Evidence) *index { return newIndex(takeIn(ev.Run, memory{ev}, ev.Trouble)) }

func TestACrashedCheckIsUndecided(t *testing.T) {
	c := check{name: "price-exact", judge: func(*index, *findings) { panic("boom") }}
	if r := c.run(indexOf(day().rest())); r.Verdict != Undecided || !strings.Contains(r.Reason, "crashed: boom") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

func TestChecksAreTheDesigns(t *testing.T) {
	want := []string{
		"stock-never-oversold", "sold-matches-paid", "hold-used-once", "event-applied-once", "event-atomic",
		"legal-transitions", "price-exact", "refusal-leaves-no-trace", "acknowledged-survives", "nothing-from-nowhere",
		"real-time-order", "reads-true", "refusals-true", "expiry-honoured", "duplicates-answer-alike",
		"forged-rejected", "payments-settle", "stock-returns",
	}
	var got []string
	for _, c := range Checks() {
		got = append(got, c.Name)
		if !strings.HasSuffix(c.Promise, ".") || strings.Count(c.Promise, ".") != 1 || len(c.Needs) == 0 {
			t.Errorf("%s: promise %q, needs %v", c.Name, c.Promise, c.Needs)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("checks are %v", got)
	}
}

// The four words are values of `verdict` only: whoever searches verdict.json for one finds answers.
func TestVerdictWordsAppearNowhereElse(t *testing.T) {
	for _, g := range allGuilty() {
		text, err := json.Marshal(Judge(g.build()))
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal(text, &decoded); err != nil {
			t.Fatal(err)
		}
		for _, path := range wordsOutside(decoded, "verdict.json") {
			t.Errorf("%s/%s: %s", g.check, g.name, path)
		}
	}
}

func wordsOutside(value any, path string) (found []string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if key != "verdict" {
				found = append(found, wordsOutside(inner, path+"."+key)...)
			}
		}
	case []any:
		for i, inner := range value {
			found = append(found, wordsOutside(inner, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case string:
		if slices.Contains([]Word{Pass, Fail, Undecided, Skipped}, Word(value)) {
			found = append(found, path+" = "+value)
		}
	}
	return found
}

func TestVerdictRoundTrip(t *testing.T) {
	ev := day().rest()
	ev.Final.Products[0].StockSold++
	ev.Final.Holds = append(ev.Final.Holds, strayHold("h5", 99))
	ev.Final.Events = append(ev.Final.Events, strayEvent("e1"))
	ev.Final.Orders[0].TotalPrice++
	ev.Run.Thresholds = []evidence.Threshold{{Text: "run.rate > 0", Metric: "run", Stat: "rate", Op: ">"}}
	want, dir := Judge(ev), t.TempDir()
	if err := want.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadVerdict(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if first, _ := json.Marshal(want); string(first) != string(again) {
		t.Errorf("read %s\nwrote %s", again, first)
	}
	refusal := word(t, got, "refusal-leaves-no-trace").Violations[0]
	if refusal.Operations[0].Outcome != evidence.Refused || refusal.Rows[0].Hold == nil || len(refusal.Commits) > 0 {
		t.Errorf("read back: %+v", refusal)
	}
}

func TestJudgingIsRepeatable(t *testing.T) {
	for _, g := range allGuilty() {
		first, again := Judge(g.build()), Judge(g.build())
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s/%s: two verdicts on one history", g.check, g.name)
		}
	}
}

// saveRun writes a run directory from evidence, the way a run does.
func saveRun(t *testing.T, ev *Evidence) (dir string) {
	t.Helper()
	dir = t.TempDir()
	log, err := evidence.CreateOperations(dir, ev.Run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ev.Operations {
		if err := log.Append(op); err != nil {
			t.Fatal(err)
		}
	}
	_, err = log.Close()
	err = errors.Join(err, evidence.WriteTables(dir, evidence.Start, ev.Run.ID, ev.Start),
		evidence.WriteTables(dir, evidence.Final, ev.Run.ID, ev.Final), evidence.WriteRun(dir, ev.Run))
	if ev.Run.Declared.Commits != nil {
		err = errors.Join(err, saveCommits(dir, ev.Run.ID, ev.Commits))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func saveCommits(dir, runID string, commits []evidence.Commit) error {
	log, err := evidence.CreateCommits(dir, runID)
	if err != nil {
		return err
	}
	for _, c := range commits {
		if err := log.Append(c); err != nil {
			return err
		}
	}
	_, err = log.Close()
	return err
}

func loggedDay() *Evidence {
	s := day()
	return s.logged(s.rest())
}

// The files say what the memory says, of innocent days and of every crime.
func TestCheckFromFiles(t *testing.T) {
	histories := append(allGuilty(), guilty{name: "a day", build: day().rest}, guilty{name: "a logged day", build: loggedDay})
	for _, g := range histories {
		ev := g.build()
		if ev.Start == nil || ev.Final == nil {
			continue
		}
		ev.Run.Declared.Operations = int64(len(ev.Operations))
		ev.Run.Declared.StartTables, ev.Run.Declared.FinalTables = ev.Start.Rows(), ev.Final.Rows()
		got, err := Check(t.Context(), saveRun(t, ev))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(Judge(ev))
		if text, _ := json.Marshal(got); string(text) != string(want) {
			t.Errorf("%s/%s: from files %s\nfrom memory %s", g.check, g.name, text, want)
		}
	}
}

func TestCheckNamesWhatIsWrongWithFiles(t *testing.T) {
	finals := filepath.Join(evidence.TablesDir, evidence.Final)
	tests := []struct {
		name  string
		spoil func(dir string) error
		file  string
	}{
		{"no operations", func(dir string) error {
			return os.Remove(filepath.Join(dir, evidence.OperationsFile))
		}, evidence.OperationsFile},
		{"operations cut", func(dir string) error {
			return os.Truncate(filepath.Join(dir, evidence.OperationsFile), 500)
		}, evidence.OperationsFile},
		{"no final orders", func(dir string) error {
			return os.Remove(filepath.Join(dir, finals, "orders.parquet"))
		}, "orders.parquet"},
		{"another run's holds", func(dir string) error {
			return evidence.WriteTables(dir, evidence.Final, "run-2", &evidence.Tables{})
		}, "products.parquet"},
		{"no commits", func(dir string) error {
			return os.Remove(filepath.Join(dir, evidence.CommitsFile))
		}, evidence.CommitsFile},
		{"commits cut", func(dir string) error {
			return os.Truncate(filepath.Join(dir, evidence.CommitsFile), 500)
		}, evidence.CommitsFile},
		{"another run's commits", func(dir string) error {
			return saveCommits(dir, "run-2", loggedDay().Commits)
		}, evidence.CommitsFile},
		{"fewer commits than declared", func(dir string) error {
			return saveCommits(dir, "run-1", loggedDay().Commits[:3])
		}, evidence.CommitsFile},
		{"fewer rows than declared", func(dir string) error {
			return evidence.WriteTables(dir, evidence.Final, "run-1", &evidence.Tables{})
		}, finals},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := saveRun(t, loggedDay())
			if err := test.spoil(dir); err != nil {
				t.Fatal(err)
			}
			v, err := Check(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if v.ExitCode != ExitUndecided || !strings.Contains(strings.Join(v.Reasons, "\n"), test.file) {
				t.Errorf("exit code %d, reasons %q, want one that names %s", v.ExitCode, v.Reasons, test.file)
			}
		})
	}
	if _, err := Check(t.Context(), t.TempDir()); !errors.Is(err, evidence.ErrMissing) {
		t.Errorf("a directory without a run: %v", err)
	}
}
