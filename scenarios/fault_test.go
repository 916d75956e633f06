package scenarios

import (
	"slices"
	"testing"
	"time"
)

const stormy = minimal + `    - {kind: constant, rate: 5, duration: 3s}
    - {kind: constant, rate: 5, duration: 1s, start: 2s}
server: {replicas: 2}
faults:
  - {kind: server-kill, phase: 2, at: 1s..2s, server: 1}
  - {kind: [database-latency, commit-lost], at: 400ms, every: 1s..2s, jitter: 5ms}
  - {kind: server-clock}
`

func TestFaults(t *testing.T) {
	sc, err := Parse("x.yaml", []byte(stormy))
	if err != nil {
		t.Fatal(err)
	}
	kill, mixed, clock := sc.Faults[0], sc.Faults[1], sc.Faults[2]
	if kill.Phase != 2 || kill.At != (Span{Min: time.Second, Max: 2 * time.Second}) || *kill.Server != 1 || kill.Every != nil ||
		kill.For.Min != faultForDefault || kill.Latency != 0 || kill.Share != 0 {
		t.Errorf("the kill is %+v", kill)
	}
	if !slices.Equal(mixed.Kind, Kinds{"database-latency", "commit-lost"}) || mixed.Every.Max != 2*time.Second ||
		mixed.Latency != faultLatencyDefault || mixed.Share != faultShareDefault || mixed.Jitter != 5*time.Millisecond {
		t.Errorf("the mixed ones are %+v", mixed)
	}
	if clock.By != faultByDefault || clock.Server != nil {
		t.Errorf("the clock is %+v", clock)
	}
}

// The third phase begins before the second ends, which is the end of the storm.
func TestTheStormIsStretched(t *testing.T) {
	sc, err := Parse("x.yaml", []byte(stormy), "duration=40s")
	if err != nil {
		t.Fatal(err)
	}
	a := sc.Arrivals
	if start, end := a.Span(1); a.Length() != 40*time.Second || start != 10*time.Second || end != 40*time.Second || *a.Phases[2].Start != 20*time.Second {
		t.Errorf("the storm lasts %s, its second phase from %s to %s", a.Length(), start, end)
	}
	if f := sc.Faults[0].At; f.Min != 10*time.Second || f.Max != 20*time.Second {
		t.Errorf("the single fault is at %+v", f)
	}
	if f := sc.Faults[1]; f.At.Min != 4*time.Second || f.Every.Min != time.Second {
		t.Errorf("the recurring ones are from %+v, every %+v", f.At, *f.Every)
	}
}
