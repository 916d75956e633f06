package evidence

import (
	"slices"
	"time"
)

// Recovery is how long the system took to be ready and answer again after a fault: from the beginning of its healing,
// without the time in which other faults lasted, for then nothing can be expected of it.
func (r *Run) Recovery(f Fault) time.Duration {
	took, at := time.Duration(f.Recovered-f.Healed), f.Healed
	others := slices.Clone(r.Faults)
	slices.SortFunc(others, func(a, b Fault) int { return int(a.Injected - b.Injected) })
	for _, g := range others {
		from, to := max(g.Injected, at), min(g.Healed, f.Recovered)
		if from < to {
			took -= time.Duration(to - from)
			at = to
		}
	}
	return took
}

// SlowestRecovery is the longest Recovery of the faults that the system got over; 0 without any.
func (r *Run) SlowestRecovery() (slowest time.Duration) {
	for _, f := range r.Faults {
		if f.Recovered > 0 {
			slowest = max(slowest, r.Recovery(f))
		}
	}
	return slowest
}
