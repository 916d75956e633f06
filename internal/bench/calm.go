package bench

import (
	"context"
	"time"
)

// Nobody shall pay for what the one before has left to do: a database purges and flushes for a while after a load.
const (
	calmWindow = 100 * time.Millisecond
	calmCPU    = calmWindow / 4 // of all systems together; polling for lapsed holds takes some even at rest
	calmMost   = 2 * time.Second
)

// awaitCalm waits until the systems do next to nothing, but not for ever: what does not come to rest in time is
// measured as it is. Where the system does not tell what processes use, it waits for nothing.
func awaitCalm(ctx context.Context, systems []*system) error {
	deadline := time.Now().Add(calmMost)
	window := time.NewTicker(calmWindow)
	defer window.Stop()
	for before, known := usedBy(systems); known && time.Now().Before(deadline); {
		select {
		case <-window.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		var after time.Duration
		if after, known = usedBy(systems); after-before <= calmCPU {
			return nil
		}
		before = after
	}
	return nil
}

// usedBy sums what servers and databases have used so far; false: it is not known of all.
func usedBy(systems []*system) (sum time.Duration, known bool) {
	for _, s := range systems {
		used := s.lab.CPU()
		if used.Servers == nil {
			return 0, false
		}
		sum += *used.Servers
		if used.Backing != nil {
			sum += *used.Backing
		}
	}
	return sum, true
}
