package fault

import (
	"context"
	"fmt"
	"time"
)

// slowRoad delays what passes on a road. It has bitten when somebody who goes that way has his answer, and had to
// wait for it.
type slowRoad struct {
	road            Road
	latency, jitter time.Duration
}

func databaseLatency(o Order, s System) Fault { return newSlowRoad(s.Servers[o.Server].Database, o) }

func clientLatency(o Order, s System) Fault { return newSlowRoad(s.Servers[o.Server].Clients, o) }

func newSlowRoad(road Road, o Order) Fault {
	return &slowRoad{road: road, latency: o.Latency, jitter: o.Jitter}
}

func (r *slowRoad) Inject(context.Context) error {
	r.road.Slow(r.latency, r.jitter)
	return nil
}

// Bitten allows for the slowest road there and back: one who gave up would not know whether anybody answers.
func (r *slowRoad) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := context.WithTimeout(ctx, 2*(r.latency+r.jitter)+patience)
	defer cancel()
	took, err := r.road.Knock(ctx)
	if err != nil || took < r.latency {
		return ""
	}
	return fmt.Sprintf("an answer took %s", took.Round(time.Millisecond))
}

func (r *slowRoad) Heal(context.Context) error {
	r.road.Slow(0, 0)
	return nil
}
