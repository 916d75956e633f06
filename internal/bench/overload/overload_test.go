package overload

import (
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestMeasured(t *testing.T) {
	shots := []shot{
		{due: 0, sent: 0, answered: 20 * ms, outcome: granted},                       // in the warm-up
		{due: 90 * ms, sent: 90 * ms, answered: 110 * ms, outcome: granted},          // answered in the measurement
		{due: 100 * ms, sent: 150 * ms, answered: 160 * ms, outcome: granted},        // sent late
		{due: 120 * ms, sent: 120 * ms, answered: 125 * ms, outcome: refused},        //
		{due: 190 * ms, sent: 190 * ms, answered: 2 * time.Second, outcome: granted}, // answered after it
		{due: 250 * ms, sent: 250 * ms, answered: 260 * ms, outcome: other},
	}
	got := measured(shots, span{100 * ms, 200 * ms})
	want := Step{Offered: 30, Goodput: 20, Refused: 10, Others: 1, ServedP50MS: 60, ServedP99MS: 1810, RefusedP99MS: 5, LateSends: 1}
	if got != want {
		t.Errorf("measured %+v\nwant     %+v", got, want)
	}
}

// windows makes a course of one window per letter: f(ast), q(ueueing), r(efusing), d(ip).
func windows(course string) []Window {
	all := make([]Window, len(course))
	for i, c := range course {
		all[i] = map[rune]Window{
			'f': {Offered: 100, Goodput: 100, ServedP99MS: 10},
			'q': {Offered: 100, Goodput: 150, ServedP99MS: 500},
			'r': {Offered: 100, Goodput: 40, Refused: 60, ServedP99MS: 500},
			'd': {Offered: 100, Goodput: 60, ServedP99MS: 19},
		}[c]
		all[i].AtMS = float64(i) * milliseconds(windowWidth)
	}
	return all
}

func TestRecovered(t *testing.T) {
	for course, want := range map[string]float64{ // slow from the 5th window on, fast again with the 10th
		"qffffrrrrrffffffff": 50,
		"qffffrrrrrrqffffff": 250,
		"qffffrrrrrrqfffdff": 250, // a dip of one window is the machine's
		"qffffrrrrrrqfffrff": -1,  // a refusal is not
		"qffffrrrrrrqqqqqqq": -1,
		"qffffrrrrrffff":     -1, // too soon over to tell
	} {
		got := recovered(windows(course), 500*ms, 1050*ms, 100*ms)
		switch {
		case want < 0 && got != nil:
			t.Errorf("%s: recovered after %v ms", course, *got)
		case want >= 0 && (got == nil || *got != want):
			t.Errorf("%s: got %v, want %v ms", course, got, want)
		}
	}
}

func someResult() *Result {
	after := 150.0
	round := func(most float64) []Step {
		return []Step{
			{Multiple: 0.5, Offered: 500, Goodput: 500, ServedP50MS: 40, ServedP99MS: 90},
			{Multiple: 1, Offered: 1000, Goodput: 1000, ServedP50MS: 60, ServedP99MS: 150},
			{Multiple: 3, Offered: 3000, Goodput: most, Refused: 2050, ServedP50MS: 600, ServedP99MS: 700, RefusedP99MS: 2},
		}
	}
	healed := Recovery{Multiple: 3, Offered: 3000, SlowAtMS: 500, HealedAtMS: 1000, RecoveredMS: &after,
		Windows: windows("qffffrrrrrffffffff")}
	soon := 50.0
	sooner := healed
	sooner.RecoveredMS = &soon
	r := &Result{Database: "11.8", Capacity: 1000, CommitDelayMS: 50, BatchMax: 64,
		Rounds: [][]Step{round(950), round(300), round(990)}, Recoveries: []Recovery{sooner, {}, healed}}
	r.summarize()
	return r
}

func TestResult(t *testing.T) {
	r := someResult()
	if r.Peak != 1000 || r.GoodputVsPeak != 0.95 || r.ServedP99MS != 700 || r.RefusedP99MS != 2 {
		t.Errorf("summed up as %+v", r)
	}
	table := r.Table()
	for _, want := range []string{"3.0x", "2050", "95 % of its peak", "at most 700 ms", "within 150 ms"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	figures := r.Plots()
	if len(figures) != 2 || figures[0].Name != "bench-overload" || !strings.Contains(figures[1].Alt, "150 ms") {
		t.Errorf("plots %+v", figures)
	}
	r.Recovery.RecoveredMS = nil
	if table := r.Table(); !strings.Contains(table, "did not recover") {
		t.Errorf("the table hides that the server did not recover:\n%s", table)
	}
}
