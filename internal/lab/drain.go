package lab

import (
	"context"
	"errors"
	"fmt"

	"flashsale/internal/database"
)

// Drainer ends a server the polite way, and starts it again, as a rolling restart does.
type Drainer struct{ victim *Victim }

// Drainer is the server's.
func (v *Victim) Drainer() Drainer { return Drainer{v} }

// Drain sends SIGTERM and waits for the process to end. It returns how it did, by the kernel's account: "exit status 0"
// after a clean drain. A server that had ended before, or that takes so long that it is killed, is an error.
func (d Drainer) Drain(ctx context.Context) (end string, err error) {
	s := d.victim.server
	daemon := s.current()
	select {
	case <-daemon.Exited():
		return "", fmt.Errorf("drain server %d: it had ended before", s.index)
	default:
	}
	stopped := daemon.Stop(ctx, drainWait)
	if late := ctx.Err(); late != nil || errors.Is(stopped, database.ErrKilled) {
		return "", fmt.Errorf("drain server %d: %w", s.index, errors.Join(late, stopped))
	}
	if end, err = daemon.Ended(ctx); err != nil {
		return "", fmt.Errorf("drain server %d: %w", s.index, err)
	}
	return end, nil
}

// Start starts the server again, and returns when it is ready and the balancer, if there is one, sends requests to it.
func (d Drainer) Start(ctx context.Context) error {
	if err := d.victim.Start(ctx); err != nil {
		return err
	}
	return d.victim.lab.awaitBalanced(ctx, d.victim.server)
}
