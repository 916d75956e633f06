package scale

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"flashsale/internal/bench/load"
	"flashsale/internal/lab"
)

// cell is one point of one line: a load on servers of a lab.
type cell struct {
	lab         *lab.Lab
	servers     int // how many of the lab's servers share the load
	connections int
	products    int64 // each request is about one of the first so many, drawn evenly
	read        bool  // read the product; else hold one unit of it
}

// warmUp is for how long a load runs before it counts: shorter where the measurement is, and never longer than
// batches and caches need to settle.
func warmUp(measure time.Duration) time.Duration { return min(measure/5, 500*time.Millisecond) }

// measure loads the cell once. units is how many requests were answered in all, warm-up included.
func (c cell) measure(ctx context.Context, o Options, round uint64) (f Figures, units int64, err error) {
	before, err := takeProbe(ctx, c.lab)
	if err != nil {
		return f, 0, err
	}
	closed := load.Closed{URLs: c.lab.URLs()[:c.servers], Connections: c.connections, WarmUp: warmUp(o.Measure),
		Measure: o.Measure, Latencies: true}
	seen, err := closed.Run(ctx, c.work(o.Seed+round))
	if err != nil {
		return f, 0, errors.Join(err, c.lab.Err())
	}
	if len(seen.Latencies) == 0 {
		return f, 0, fmt.Errorf("not one request was answered within %s", o.Measure)
	}
	after, err := takeProbe(ctx, c.lab)
	if err != nil {
		return f, 0, err
	}
	f.PerSecond = seen.Rate()
	f.P50, f.P99 = 1000*seen.Latencies.Quantile(0.5).Seconds(), 1000*seen.Latencies.Quantile(0.99).Seconds()
	after.since(before, &f)
	return f, seen.Units, nil
}

// work is what each connection does. The requests are written once, for all connections.
func (c cell) work(seed uint64) func(connection int) load.Work {
	of := load.Holds
	if c.read {
		of = load.Reads
	}
	if c.products == 1 {
		return of(1)
	}
	all := make([]load.Work, c.products)
	for i := range all {
		all[i] = of(int64(i) + 1)(0)
	}
	return func(connection int) load.Work {
		draws := rand.New(rand.NewPCG(seed, uint64(connection)))
		return func(conn *load.Conn) error { return all[draws.IntN(len(all))](conn) }
	}
}
