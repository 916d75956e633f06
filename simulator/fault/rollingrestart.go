package fault

import (
	"context"
	"errors"
	"fmt"
)

// rollingRestart replaces all servers, one after the other, as an upgrade does. It takes as long as it takes: when
// Inject returns, it is over, and For has no meaning. It has bitten when every server ended as one that was asked
// politely, and another process answers in its place. That no request failed is not asked here: the history tells.
type rollingRestart struct {
	servers  []Server
	replaced int  // so many were
	down     bool // servers[replaced] was asked to end, and is not up again
}

// cleanEnd is how a server ends that has answered everything it accepted.
const cleanEnd = "exit status 0"

func newRollingRestart(_ Order, s System) Fault { return &rollingRestart{servers: s.Servers} }

func (r *rollingRestart) Inject(ctx context.Context) error {
	for i, server := range r.servers {
		if err := r.replace(ctx, server); err != nil {
			return fmt.Errorf("server %d: %w", i, err)
		}
		r.replaced++
	}
	return nil
}

func (r *rollingRestart) replace(ctx context.Context, server Server) error {
	r.down = true
	end, err := server.Drainer.Drain(ctx)
	if err != nil {
		return err
	}
	if err := server.Drainer.Start(ctx); err != nil {
		return err
	}
	r.down = false
	if end != cleanEnd {
		return errors.New("it did not drain: " + end)
	}
	return server.Process.Knock(ctx)
}

func (r *rollingRestart) Bitten(context.Context) (sign string) {
	if r.replaced < len(r.servers) {
		return ""
	}
	return fmt.Sprintf("%d ended with %s; another answers in place of each", r.replaced, cleanEnd)
}

// Heal starts the server that Inject could not bring up again.
func (r *rollingRestart) Heal(ctx context.Context) error {
	if !r.down {
		return nil
	}
	server := r.servers[r.replaced]
	if server.Process.Knock(ctx) != nil {
		if err := server.Drainer.Start(ctx); err != nil {
			return err
		}
	}
	r.down = false
	return nil
}
