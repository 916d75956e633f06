package server

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"flashsale/migrations"
	"flashsale/server/internal/ledger"
)

// startWait is how long a server waits for a database that is away when it starts; startAttempt bounds one question.
const startWait, startAttempt, startPause = 30 * time.Second, 2 * time.Second, 200 * time.Millisecond

// start is what a server does with its database before it serves.
type start struct {
	cfg   Config
	db    *sql.DB
	clock *clock
	wait  time.Duration // startWait
}

// await returns when the database has answered and is one that this server can serve.
func (s *start) await(ctx context.Context) error {
	err := s.untilAnswered(ctx, func(ctx context.Context) error {
		if err := s.db.PingContext(ctx); err != nil {
			return fmt.Errorf("connect to the database: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.cfg.Migrate != nil {
		if err := s.cfg.Migrate(ctx); err != nil {
			return err
		}
	}
	return s.untilAnswered(ctx, func(ctx context.Context) error {
		if err := migrations.Check(ctx, s.db); err != nil {
			return err
		}
		if err := s.clock.measure(ctx, s.db); err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		return nil
	})
}

// untilAnswered asks again for as long as the database is away: down, frozen, full. After a power cut everything
// starts at once, and a server that gave up would only be started again, and again. A refusal (a wrong password, no
// such database, another schema) is final: it waits for a person, who had better be told at once.
func (s *start) untilAnswered(ctx context.Context, ask func(context.Context) error) error {
	until := time.Now().Add(s.wait)
	for attempt := 1; ; attempt++ {
		limited, cancel := context.WithTimeout(ctx, startAttempt)
		err := ask(limited)
		cancel()
		switch {
		case err == nil || ctx.Err() != nil || !ledger.IsPassing(err):
			return err
		case time.Until(until) < startPause:
			return fmt.Errorf("the database did not answer for %v: %w", s.wait, err)
		case attempt == 1:
			s.cfg.Logger.Warn("the database is away: waiting for it", "for", s.wait, "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(startPause):
		}
	}
}
