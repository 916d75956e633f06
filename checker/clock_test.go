package checker

import (
	"math"
	"testing"

	"flashsale/internal/evidence"
)

// steady is a probe each second of a database whose clock runs evenly; each takes 200 microseconds.
func steady(seconds int64) []evidence.ClockProbe {
	var probes []evidence.ClockProbe
	for at := range seconds {
		probes = append(probes, evidence.ClockProbe{
			Before: at*1e9 - 100_000, Database: epochUS + at*secondUS, After: at*1e9 + 100_000,
		})
	}
	return probes
}

func TestClockBounds(t *testing.T) {
	c := newClock(steady(10))
	for _, ns := range []int64{0, 1e9, 1_500_000_000, 8_999_999_999, 12e9} {
		true, slack := epochUS+ns/1000, int64(100+1+1500)
		if low := c.atLeast(ns); low > true || low < true-slack {
			t.Errorf("at %d ns: at least %d, true %d", ns, low, true)
		}
		if high := c.atMost(ns); high < true || high > true+slack {
			t.Errorf("at %d ns: at most %d, true %d", ns, high, true)
		}
	}
	none := newClock(nil)
	if none.atLeast(5) != 0 || none.atMost(5) != math.MaxInt64 || none.last() != 0 || none.step != "" {
		t.Error("a clock without probes claims to know something")
	}
}

func TestClockSteps(t *testing.T) {
	tests := []struct {
		name  string
		alter func([]evidence.ClockProbe)
		step  bool
	}{
		{"even", func([]evidence.ClockProbe) {}, false},
		{"drifting as sound clocks do", func(p []evidence.ClockProbe) {
			for i := range p {
				p[i].Database += int64(i) * 400
			}
		}, false},
		{"slow round trip", func(p []evidence.ClockProbe) { p[5].After += 800e6; p[5].Database += 700_000 }, false},
		{"forward", func(p []evidence.ClockProbe) { move(p[5:], 3*secondUS) }, true},
		{"back", func(p []evidence.ClockProbe) { move(p[5:], -50_000) }, true},
		{"there and back", func(p []evidence.ClockProbe) { move(p[5:6], -50_000) }, true},
	}
	for _, test := range tests {
		probes := steady(10)
		test.alter(probes)
		if c := newClock(probes); (c.step != "") != test.step {
			t.Errorf("%s: step %q", test.name, c.step)
		}
	}
}

func move(probes []evidence.ClockProbe, us int64) {
	for i := range probes {
		probes[i].Database += us
	}
}

func TestAClockStepLeavesTimeChecksUndecided(t *testing.T) {
	ev := day().rest()
	move(ev.Run.Probes[2:], 10*secondUS)
	v := Judge(ev)
	for _, name := range []string{"stock-never-oversold", "expiry-honoured", "stock-returns"} {
		if r := word(t, v, name); r.Verdict != Undecided {
			t.Errorf("%s: %s", name, r.Verdict)
		}
	}
	ev.Final.Products[0].StockTotal = 1
	if r := word(t, Judge(ev), "stock-never-oversold"); r.Verdict != Fail {
		t.Errorf("totals need no clock, and yet: %s", r.Verdict)
	}
}
