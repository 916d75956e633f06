package lab

import (
	"context"
	"errors"
	"fmt"

	"flashsale/internal/database"
	"flashsale/internal/lab/internal/road"
)

// Victim is one server of a lab, for whoever wants to do harm to it. What is done here on purpose is no failure of the
// lab's, see Lab.Failed.
type Victim struct {
	lab    *Lab
	server *server
}

// Victims are the servers in the order of their numbers.
func (l *Lab) Victims() []*Victim {
	victims := make([]*Victim, 0, len(l.servers))
	for _, s := range l.servers {
		victims = append(victims, &Victim{lab: l, server: s})
	}
	return victims
}

// DatabaseRoad lies between the server and its database; nil unless Options ask for it.
func (v *Victim) DatabaseRoad() *Road { return v.server.roads.database }

// ClientRoad lies between the server's clients and the server; nil unless Options ask for it.
func (v *Victim) ClientRoad() *Road { return v.server.roads.clients }

// Kill sends SIGKILL and returns how the process ended, by the kernel's account, once it is gone.
func (v *Victim) Kill(ctx context.Context) (end string, err error) {
	if end, err = v.server.current().Kill(ctx); err != nil {
		return "", fmt.Errorf("kill server %d: %w", v.server.index, err)
	}
	return end, nil
}

// Start starts the server again, at its addresses, unless it still runs, and returns when it is ready.
func (v *Victim) Start(ctx context.Context) error {
	select {
	case <-v.server.current().Exited():
		return v.lab.startAgain(ctx, v.server)
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	return v.lab.awaitReady(ctx, v.server)
}

// restart lets the server drain, if it still runs, and starts it again.
func (v *Victim) restart(ctx context.Context) error {
	if err := v.server.stop(ctx); err != nil && !errors.Is(err, database.ErrKilled) {
		return err
	}
	return v.lab.startAgain(ctx, v.server)
}

// startAgain starts a server that has ended, and returns when it is ready.
func (l *Lab) startAgain(ctx context.Context, s *server) error {
	if err := l.launch(ctx, s); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	if err := l.awaitReady(ctx, s); err != nil {
		return err
	}
	l.watch(s)
	return nil
}

// Knock asks the server, not by its clients' road, for something that takes the process and not its database, and waits
// up to a second for the first word of an answer.
func (v *Victim) Knock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	_, err := road.Knock(ctx, road.HTTP, v.server.addr)
	return err
}

// Pause stops the process, with all that it holds, until Resume.
func (v *Victim) Pause(context.Context) error {
	if err := v.server.current().Pause(); err != nil {
		return fmt.Errorf("pause server %d: %w", v.server.index, err)
	}
	return nil
}

// Resume lets a process go on that was paused.
func (v *Victim) Resume(context.Context) error {
	if err := v.server.current().Resume(); err != nil {
		return fmt.Errorf("resume server %d: %w", v.server.index, err)
	}
	return nil
}

// State is the process's state by the kernel's account, as "T (stopped)".
func (v *Victim) State(context.Context) (state string, stopped bool, err error) {
	return v.server.current().State()
}

// sweepWord is what a transaction in which lapsed holds are released says to the database, and no other does: our
// server's writes have it, and so has the statement that the strawman prepares when it has found lapsed holds.
const sweepWord = "SET status = 'expired'"

// Ambush waits for a transaction in which the server releases lapsed holds, calls strike while it is on its way to the
// database, and lets it travel on. It needs the server's road to the database.
func (v *Victim) Ambush(ctx context.Context, strike func()) error {
	r := v.server.roads.database
	if r == nil {
		return fmt.Errorf("server %d has no road to the database to lie in wait on", v.server.index)
	}
	if err := r.Ambush(ctx, sweepWord, strike); err != nil {
		return fmt.Errorf("wait for a sweep of server %d: %w", v.server.index, err)
	}
	return nil
}
