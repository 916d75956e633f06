package server

import (
	"context"
	"database/sql"
	"log/slog"
	"math"
	"sync/atomic"
	"time"
)

// clock follows the database's clock, the only one that counts: every replica and every shop agree on it,
// whatever their own clocks say. Decisions read it inside their transactions; this copy serves what
// happens before one, the webhook tolerance.
//
// The host's wall clock is read here and nowhere else in the server; all other times are differences, of the
// monotonic clock.
type clock struct {
	hostOffset time.Duration // how wrong the host's wall clock is made to be
	tick       atomic.Pointer[tick]
}

// tick says that the database's clock said database when the host's said host.
type tick struct{ database, host time.Time }

// measureEvery bounds how far the host's clock can drift from the database's between measurements.
const measureEvery, measureTimeout = 10 * time.Second, 2 * time.Second

func newClock(hostOffset time.Duration) *clock { return &clock{hostOffset: hostOffset} }

// host is the host's own clock. It goes on by the monotonic clock, and so does the difference of two readings.
func (c *clock) host() time.Time { return time.Now().Add(c.hostOffset) }

// trustHost takes the host's clock for the database's, where there is no database.
func (c *clock) trustHost() {
	now := c.host()
	c.tick.Store(&tick{database: now.UTC(), host: now})
}

// now is the database's time. There must have been a measurement.
func (c *clock) now() time.Time {
	t := c.tick.Load()
	return t.database.Add(c.host().Sub(t.host))
}

// offset is the database's clock minus the host's in seconds, NaN before the first measurement. A host's clock that
// was set since the last one shows at once.
func (c *clock) offset() float64 {
	if c.tick.Load() == nil {
		return math.NaN()
	}
	return c.now().Round(0).Sub(c.host().Round(0)).Seconds() // of the wall clocks, not of monotonic readings
}

func (c *clock) measure(ctx context.Context, db *sql.DB) error {
	var t tick
	before := c.host()
	if err := db.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&t.database); err != nil {
		return err
	}
	t.host = before.Add(c.host().Sub(before) / 2)
	c.tick.Store(&t)
	return nil
}

// follow measures again and again until ctx ends.
func (c *clock) follow(ctx context.Context, db *sql.DB, logger *slog.Logger) {
	ticker := time.NewTicker(measureEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(ctx, measureTimeout)
		if err := c.measure(limited, db); err != nil && ctx.Err() == nil {
			logger.Warn("the database's clock cannot be read", "error", err)
		}
		cancel()
	}
}
