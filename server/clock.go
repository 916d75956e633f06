package server

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
	"time"
)

// clock follows the database's clock, the only one that counts: every replica and every shop agree on it,
// whatever their own clocks say. Decisions read it inside their transactions; this copy serves what
// happens before one, the webhook tolerance.
type clock struct {
	db   *sql.DB
	tick atomic.Pointer[tick]
}

// tick says that the database's clock said database at the local instant, which is monotonic.
type tick struct{ database, local time.Time }

// measureEvery bounds how far the local clock can drift from the database's between measurements.
const measureEvery, measureTimeout = 10 * time.Second, 2 * time.Second

// localClock is the clock of a front without a database: its own.
func localClock() *clock {
	c, now := &clock{}, time.Now()
	c.tick.Store(&tick{database: now, local: now})
	return c
}

func (c *clock) now() time.Time {
	t := c.tick.Load()
	return t.database.Add(time.Since(t.local))
}

func (c *clock) measure(ctx context.Context) error {
	var t tick
	before := time.Now()
	if err := c.db.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&t.database); err != nil {
		return err
	}
	t.local = before.Add(time.Since(before) / 2)
	c.tick.Store(&t)
	return nil
}

// follow measures again and again until ctx ends.
func (c *clock) follow(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(measureEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(ctx, measureTimeout)
		if err := c.measure(limited); err != nil && ctx.Err() == nil {
			logger.Warn("the database's clock cannot be read", "error", err)
		}
		cancel()
	}
}
