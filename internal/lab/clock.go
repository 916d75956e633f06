package lab

import (
	"context"
	"fmt"
	"time"
)

// Clock is a server's own wall clock.
type Clock struct{ victim *Victim }

// Clock is the server's.
func (v *Victim) Clock() Clock { return Clock{v} }

// Set restarts the server, letting it drain, with a clock that is fast by so much; negative: slow, zero: right.
func (c Clock) Set(ctx context.Context, by time.Duration) error {
	c.victim.server.setOffset(by)
	return c.victim.restart(ctx)
}

func (s *server) setOffset(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = by
}

// offsetSeries is the database's clock minus the server's, in seconds, as the server measures it.
const offsetSeries = "flashsale_clock_offset_seconds"

// Off is how fast the server finds its own clock to be, compared with the database's.
func (c Clock) Off(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	values, err := ReadSeries(ctx, "http://"+c.victim.server.admin+"/metrics", offsetSeries)
	if err != nil {
		return 0, fmt.Errorf("clock of server %d: %w", c.victim.server.index, err)
	}
	return -time.Duration(values[offsetSeries] * float64(time.Second)), nil
}
