package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Open is an open loop: units of work begin as a Poisson process has it, whatever the server does.
type Open struct {
	URLs        []string
	Connections int     // a unit that finds none free is sent late, and its latency says so
	Rate        float64 // units per second
	WarmUp      time.Duration
	Measure     time.Duration
	Seed        uint64 // of the arrivals
}

// LateAfter is when a unit counts as sent late.
const LateAfter = time.Millisecond

// OpenResult is what an open loop measured.
type OpenResult struct {
	Units     int64         // done in all, warm-up included
	Late      int64         // units that began more than LateAfter past their time, within the measurement
	LateMost  time.Duration // the worst of all, within the measurement
	Latencies Latencies     // from the INTENDED start of each unit to its last answer, within the measurement
}

// lateness is what one connection saw.
type lateness struct {
	units, late int64
	most        time.Duration
	latencies   Latencies
}

// Run loads the servers; work is as for Closed.
func (o Open) Run(ctx context.Context, work func(connection int) Work) (result OpenResult, err error) {
	arrivals := o.arrivals()
	f, err := dial(ctx, o.URLs, o.Connections, o.WarmUp+o.Measure)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	var next atomic.Int64
	seen := make([]lateness, o.Connections)
	began := time.Now()
	each := func(i int, c *Conn) error {
		do, saw := work(i), &seen[i]
		for n := next.Add(1) - 1; n < int64(len(arrivals)); n = next.Add(1) - 1 {
			f.pause(began.Add(arrivals[n]))
			if f.failure.Load() != nil {
				return nil
			}
			sent := time.Since(began)
			if err := do(c); err != nil {
				return err
			}
			saw.units++
			if arrivals[n] >= o.WarmUp {
				saw.note(sent-arrivals[n], time.Since(began)-arrivals[n])
			}
		}
		return nil
	}
	err = f.run(ctx, each, func(context.Context) { f.pause(began.Add(o.WarmUp + o.Measure)) })
	return summed(seen), err
}

func (l *lateness) note(late, latency time.Duration) {
	l.latencies = append(l.latencies, latency)
	l.most = max(l.most, late)
	if late > LateAfter {
		l.late++
	}
}

func summed(seen []lateness) (result OpenResult) {
	each := make([]Latencies, len(seen))
	for i, s := range seen {
		result.Units += s.units
		result.Late += s.late
		result.LateMost = max(result.LateMost, s.most)
		each[i] = s.latencies
	}
	result.Latencies = merged(each)
	return result
}

// arrivals draws when units begin, counted from the load's start.
func (o Open) arrivals() []time.Duration {
	gaps := rand.New(rand.NewPCG(o.Seed, 0))
	var all []time.Duration
	for at := 0.0; ; {
		at += gaps.ExpFloat64() / o.Rate
		if at >= (o.WarmUp + o.Measure).Seconds() {
			return all
		}
		all = append(all, time.Duration(at*float64(time.Second)))
	}
}
