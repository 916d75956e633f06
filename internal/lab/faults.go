package lab

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"flashsale/internal/database"
)

// Signal sends to one server's process group. After a signal that ends it, its death is expected.
func (l *Lab) Signal(index int, sig syscall.Signal) error {
	s, err := l.server(index)
	if err != nil {
		return err
	}
	if err := s.current().Signal(sig); err != nil {
		return fmt.Errorf("signal server %d: %w", index, err)
	}
	return nil
}

// Restart starts a server again at its addresses and returns when it is ready. One that still runs is
// stopped first.
func (l *Lab) Restart(ctx context.Context, index int) error {
	s, err := l.server(index)
	if err != nil {
		return err
	}
	if err := s.stop(ctx); err != nil && !errors.Is(err, database.ErrKilled) {
		return err
	}
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

func (l *Lab) server(index int) (*server, error) {
	if index < 0 || index >= len(l.servers) {
		return nil, fmt.Errorf("server %d: there are %d", index, len(l.servers))
	}
	return l.servers[index], nil
}
