package simulator

import (
	"context"
	"time"

	"flashsale/internal/evidence"
)

// Clock is the database's clock, which decides when a hold lapses.
type Clock interface {
	// Now is the time in microseconds since the Unix epoch.
	Now(ctx context.Context) (int64, error)
}

// Bounds of the clock probes.
const (
	probeEvery   = time.Second
	probeTimeout = 5 * time.Second
)

// A prober ties the database's clock to the run's: once a second it asks for the time, between two
// readings of its own.
type prober struct {
	clock  Clock
	now    func() time.Duration
	probes []evidence.ClockProbe
	lost   int64 // probes that the database did not answer
}

// run probes at once, every second, and once more when until ends; when ctx ends it stops.
func (p *prober) run(ctx, until context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for until.Err() == nil {
		p.probe(ctx)
		select {
		case <-until.Done():
		case <-tick.C:
		}
	}
	if ctx.Err() == nil {
		p.probe(ctx)
	}
}

func (p *prober) probe(run context.Context) {
	ctx, cancel := context.WithTimeout(run, probeTimeout)
	defer cancel()
	before := p.now()
	database, err := p.clock.Now(ctx)
	after := p.now()
	switch {
	case err == nil:
		p.probes = append(p.probes, evidence.ClockProbe{Before: int64(before), Database: database, After: int64(after)})
	case run.Err() == nil:
		p.lost++
	}
}
