package fault

import (
	"context"
	"fmt"
)

// pause stops a process with SIGSTOP: its connections stay open and its locks held, and nobody answers. It has
// bitten when the kernel says that it is stopped, and whoever connects waits in vain.
type pause struct {
	process Process
	pauser  Pauser
}

func serverPause(o Order, s System) Fault {
	victim := s.Servers[o.Server]
	return &pause{process: victim.Process, pauser: victim.Pauser}
}

func databasePause(_ Order, s System) Fault {
	return &pause{process: s.Database.Process, pauser: s.Database.Pauser}
}

func (p *pause) Inject(ctx context.Context) error { return p.pauser.Pause(ctx) }

func (p *pause) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	state, stopped, err := p.pauser.State(ctx)
	if err != nil || !stopped || !timedOut(ctx, p.process.Knock(ctx)) {
		return ""
	}
	return fmt.Sprintf("state %s; no answer within %s", state, patience)
}

// Heal wakes the process; one that is awake does not mind.
func (p *pause) Heal(ctx context.Context) error { return p.pauser.Resume(ctx) }
