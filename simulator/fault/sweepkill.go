package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sweepKill kills a server in the middle of a transaction that releases lapsed holds: its statements are on their
// way to the database, and nobody will be there for the answer. Inject waits for such a transaction, which takes a
// hold that lapses; For counts from the kill.
type sweepKill struct {
	kill
	sweeps Sweeps
	struck bool
}

// ambushWait bounds the wait for a sweep: many sweep intervals, because replicas race for what has lapsed; and not
// longer, because other faults of this server wait meanwhile.
const ambushWait = 10 * time.Second

// errNoSweep says that the server had nothing to sweep.
var errNoSweep = errors.New("the server released no lapsed hold: let holds lapse while the fault waits")

func newSweepKill(o Order, s System) Fault {
	victim := s.Servers[o.Server]
	return &sweepKill{kill: kill{process: victim.Process}, sweeps: victim.Sweeps}
}

func (k *sweepKill) Inject(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, ambushWait)
	defer cancel()
	var killErr error
	err := k.sweeps.Ambush(waiting, func() {
		k.struck = true
		killErr = k.kill.Inject(ctx)
	})
	if !k.struck && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (waited %s)", errNoSweep, ambushWait)
	}
	return errors.Join(err, killErr)
}

func (k *sweepKill) Bitten(ctx context.Context) (sign string) {
	if sign = k.kill.Bitten(ctx); sign == "" || !k.struck {
		return ""
	}
	return "in mid-sweep; " + sign
}
