package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/bench/load"
	"flashsale/internal/lab"
)

// ServerOptions set up the comparison of the server with others that do the same work.
type ServerOptions struct {
	DSN         string        // database server to use; empty: private ones
	Image       string        // run the private ones in containers of this image
	Rounds      int           // each measures every contestant once
	Measure     time.Duration // per contestant and round
	Connections int           // in a closed loop
	Active      int64         // active holds on the product at the start
	Many        int64         // active holds on the product that is compared with an empty one
	Report      func(line string)
}

// Of the bench's products one has ample stock: nothing is refused. The other is sold out. Holds outlast the run, so the
// strawman's SUM grows with them as it would in a sale.
const (
	benchProductID   = 1
	soldOutProductID = 2
	benchStock       = 1 << 40
	soldOutStock     = 100
	benchTTL         = 24 * time.Hour
)

// serverBench is one comparison under way.
type serverBench struct {
	ServerOptions
	systems  []*system // all, to be closed
	judged   []*system // those of our own, whose databases must agree with what was answered; the first is the main one
	contests []*contest
	result   *ServerResult
}

// Server measures our server and others in turns, in a closed loop: holds, whole checkouts, reads and refusals, and a
// product with very many active holds; and our latency at half of our peak. At the end every database of ours must
// agree with what was answered, or the figures are worth nothing.
func Server(ctx context.Context, o ServerOptions) (result *ServerResult, err error) {
	b := &serverBench{ServerOptions: o, result: &ServerResult{
		Machine: ThisMachine(), Connections: o.Connections, MeasureSeconds: o.Measure.Seconds(), Active: o.Active, Many: o.Many}}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.start(ctx); err != nil {
		return nil, err
	}
	for n := range o.Rounds {
		if err := b.round(ctx, n); err != nil {
			return nil, err
		}
	}
	b.result.summarize(b.contests)
	if b.result.Truth, err = b.truth(ctx); err != nil {
		return nil, err
	}
	return b.result, nil
}

func (b *serverBench) close() error {
	labs := make([]*lab.Lab, len(b.systems))
	for i, s := range b.systems {
		labs[i] = s.lab
	}
	return TakeDown(labs...)
}

// round measures every contestant once. Who is first in a contest changes from round to round.
func (b *serverBench) round(ctx context.Context, n int) error {
	round := ServerRound{}
	for _, c := range b.contests {
		round[c.name] = map[string]Figure{}
		for i := range c.entries {
			e := c.entries[(i+n)%len(c.entries)]
			if e.missing != "" {
				continue
			}
			figure, err := b.measure(ctx, c, e)
			if err != nil {
				return fmt.Errorf("round %d, %s, %s: %w", n+1, c.name, e.name, err)
			}
			round[c.name][e.name] = figure
		}
		b.Report(round.line(n, c))
	}
	b.result.Rounds = append(b.result.Rounds, round)
	return b.halfPeak(ctx, n, round[contestHolds][ours].PerSecond/2)
}

// measure has one contestant do a contest's work.
func (b *serverBench) measure(ctx context.Context, c *contest, e *entry) (Figure, error) {
	if e.prepare != nil {
		if err := e.prepare(ctx); err != nil {
			return Figure{}, err
		}
	}
	if err := awaitCalm(ctx, b.systems); err != nil {
		return Figure{}, err
	}
	var used []lab.CPU
	closed := load.Closed{URLs: e.system.lab.URLs(), Connections: b.Connections, WarmUp: c.warmUp, Measure: b.Measure,
		Mark: func() { used = append(used, e.system.lab.CPU()) }}
	result, err := closed.Run(ctx, e.work())
	if err != nil {
		return Figure{}, errors.Join(err, e.system.lab.Err())
	}
	if result.Answers == 0 {
		return Figure{}, fmt.Errorf("no answer within %s: measure for longer", b.Measure)
	}
	c.counts(e.system, result.Units)
	return Figure{PerSecond: result.Rate() / float64(c.answers), CPU: cpuPerAnswer(used[0], used[1], result.Answers)}, nil
}

// halfPeakSeed draws the arrivals of the open loop.
const halfPeakSeed = 1

// halfPeak measures latencies of our server at half of the holds per second that it reached in the same round.
func (b *serverBench) halfPeak(ctx context.Context, n int, rate float64) error {
	main := b.judged[0]
	if err := awaitCalm(ctx, b.systems); err != nil {
		return err
	}
	open := load.Open{URLs: main.lab.URLs(), Connections: b.Connections, Rate: rate, WarmUp: warmUp(b.Measure),
		Measure: b.Measure, Seed: halfPeakSeed + uint64(n)}
	result, err := open.Run(ctx, load.Holds(benchProductID))
	if err != nil {
		return fmt.Errorf("holds at half of the peak: %w", errors.Join(err, main.lab.Err()))
	}
	main.holds += result.Units
	took := result.Latencies
	h := HalfPeak{PerSecond: open.Rate, Answers: float64(len(took)), P50: ms(took.Quantile(0.5)), P99: ms(took.Quantile(0.99)),
		P999: ms(took.Quantile(0.999)), Late: float64(result.Late), LateMost: ms(result.LateMost)}
	b.Report(fmt.Sprintf("round %d  half peak   %.0f/s: p50 %.1f ms, p99 %.1f ms", n+1, h.PerSecond, h.P50, h.P99))
	b.result.HalfPeaks = append(b.result.HalfPeaks, h)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
