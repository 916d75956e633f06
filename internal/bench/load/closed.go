package load

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Closed is a closed loop: every connection begins its next unit of work when the last is done.
type Closed struct {
	URLs        []string // of the servers; the connections are spread over them
	Connections int
	WarmUp      time.Duration // not measured
	Measure     time.Duration
	Latencies   bool   // measure how long units take, too
	Mark        func() // called when the measurement begins and when it ends; may be nil
}

// ClosedResult is what a closed loop measured.
type ClosedResult struct {
	Answers   int64 // within the measurement
	Elapsed   time.Duration
	Units     int64     // of work done in all, warm-up included
	Latencies Latencies // of the units that ended within the measurement, if asked for
}

// Rate is answers per second.
func (r ClosedResult) Rate() float64 { return float64(r.Answers) / r.Elapsed.Seconds() }

// Run loads the servers. work makes the work of one connection, by its number from 0. Units that were begun are
// finished, so that what the servers were asked for is known; their answers count as long as the measurement lasts.
func (o Closed) Run(ctx context.Context, work func(connection int) Work) (result ClosedResult, err error) {
	f, err := dial(ctx, o.URLs, o.Connections, o.WarmUp+o.Measure)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	var measuring atomic.Bool
	units := make([]int64, o.Connections)
	latencies := make([]Latencies, o.Connections)
	each := func(i int, c *Conn) error {
		do := work(i)
		for !f.stop.Load() {
			var began time.Time
			if o.Latencies {
				began = time.Now()
			}
			if err := do(c); err != nil {
				return err
			}
			units[i]++
			if o.Latencies && measuring.Load() {
				latencies[i] = append(latencies[i], time.Since(began))
			}
		}
		return nil
	}
	err = f.run(ctx, each, func(context.Context) {
		f.pause(time.Now().Add(o.WarmUp))
		o.mark()
		measuring.Store(true)
		began, from := time.Now(), f.answered()
		f.pause(began.Add(o.Measure))
		result.Answers, result.Elapsed = f.answered()-from, time.Since(began)
		measuring.Store(false)
		o.mark()
	})
	for _, n := range units {
		result.Units += n
	}
	result.Latencies = merged(latencies)
	return result, err
}

func (o Closed) mark() {
	if o.Mark != nil {
		o.Mark()
	}
}
