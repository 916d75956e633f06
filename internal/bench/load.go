package bench

import (
	"context"
	"crypto/rand"
	"time"

	"flashsale/internal/bench/load"
)

// warmUpMost bounds what a load runs for before it is measured; a short measurement gets no longer a warm-up.
const warmUpMost = 500 * time.Millisecond

func warmUp(measure time.Duration) time.Duration { return min(warmUpMost, measure) }

// holdRate takes holds of the product, each under a key of its own, in a closed loop, and returns how many were granted
// per second.
func holdRate(ctx context.Context, url string, connections int, measure time.Duration) (float64, error) {
	closed := load.Closed{URLs: []string{url}, Connections: connections, WarmUp: warmUp(measure), Measure: measure}
	result, err := closed.Run(ctx, load.KeyedHolds(benchProductID, rand.Text()))
	return result.Rate(), err
}
