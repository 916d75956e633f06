package checker

import (
	"slices"
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// A fault that proves nothing is a reason to decide nothing; the reason names it, its victim and its time.
func TestFaultsThatProveNothing(t *testing.T) {
	bitten := evidence.Fault{Name: "server-kill", Victim: "server-0", Injected: 3.24e9, Healed: 4e9, Recovered: 5e9, Bitten: true}
	missed, silent, lost, late := bitten, bitten, bitten, bitten
	missed.Bitten, missed.Detail = false, "it was still alive"
	silent.Bitten = false
	lost.Recovered = 0
	late.Bitten, late.Healed, late.Recovered, late.Detail = false, -1, 0, "its time had not come"
	const what = "the fault server-kill on server-0, injected at 3.2 s, "
	for _, test := range []struct {
		fault       evidence.Fault
		interrupted string
		want        string
	}{
		{bitten, "", ""},
		{missed, "", what + "did not bite: it was still alive"},
		{silent, "", what + "did not bite: the victim shows nothing"},
		{lost, "", what + "was never recovered from: the system did not become ready again"},
		{lost, "SIGINT", ""},
		{late, "", "the fault server-kill on server-0 was not injected: its time had not come"},
	} {
		ev := day().rest()
		ev.Run.Faults, ev.Run.Interrupted = []evidence.Fault{test.fault}, test.interrupted
		reasons := slices.DeleteFunc(Judge(ev).Reasons, func(r string) bool { return !strings.Contains(r, "fault") })
		if got := strings.Join(reasons, "; "); got != test.want {
			t.Errorf("%+v: %q, want %q", test.fault, got, test.want)
		}
	}
}

func TestFaultSpans(t *testing.T) {
	run := &evidence.Run{ElapsedNS: 100, Faults: []evidence.Fault{
		{Injected: 50, Healed: 52, Recovered: 60},
		{Injected: 10, Healed: 20, Recovered: 15},
		{Injected: 12, Healed: 14, Recovered: 18},
		{Injected: 20, Healed: 22, Recovered: 30},
		{Injected: 90, Healed: 92},
	}}
	want := []span{{10, 30}, {50, 60}, {90, 100}}
	if got := faultSpans(run); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if left := outside(want, 5, 95); left != 90-20-10-5 {
		t.Errorf("%d outside", left)
	}
}

// What falls due in a storm is due after it, from one storm to the next; what fell due before one stays so.
func TestDue(t *testing.T) {
	c := calm{graceUS: 10, sweeps: true, storms: []span{{100, 120}, {125, 140}, {300, 310}}}
	for _, test := range []struct{ lapsed, due int64 }{
		{50, 60}, {89, 99}, {90, 150}, {110, 150}, {121, 150}, {139, 150}, {141, 151}, {295, 320}, {311, 321},
	} {
		if got := c.due(test.lapsed); got != test.due {
			t.Errorf("what lapsed at %d is due at %d, want %d", test.lapsed, got, test.due)
		}
	}
}

// A database that is away takes its clock along. That is no stall of the machine, and no step of the clock; and what
// the clock showed meanwhile is known almost as well.
func TestAClockThatWasAway(t *testing.T) {
	ev := &Evidence{Run: &evidence.Run{Probes: steady(20)}}
	darken(ev, 4, 6)
	c := newClock(ev.Run.Probes)
	if c.step != "" {
		t.Errorf("a step: %s", c.step)
	}
	if stall := c.stallUS(nil); stall < 5*secondUS {
		t.Errorf("a stall of %d us", stall)
	}
	if stall := c.stallUS([]span{{3_900_000_000, 10_100_000_000}}); stall > 1000 {
		t.Errorf("a stall of %d us, though the database was away", stall)
	}
	for ns := int64(0); ns < 19e9; ns += 250e6 {
		real := epochUS + ns/1000
		low, high := c.atLeast(ns), c.atMost(ns)
		if low > real || high < real || high-low > 10_000 {
			t.Errorf("at %d ms: from %d to %d us off", ns/1e6, low-real, high-real)
		}
	}
}
