package scale

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/bench"
	"flashsale/internal/lab"
)

// Run makes the sweeps, one after another. Options must be valid. Each reports its table as soon as it is done.
func Run(ctx context.Context, o Options) (*Result, error) {
	result := &Result{Machine: bench.ThisMachine(), Connections: o.Connections, Seconds: o.Measure.Seconds()}
	for _, k := range o.chosen() {
		sweep, err := k.run(ctx, o, &result.Machine)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		result.Sweeps = append(result.Sweeps, *sweep)
		o.Report(sweep.Table())
	}
	return result, nil
}

// run measures one sweep, and notes in machine what database it was on.
func (k kind) run(ctx context.Context, o Options, machine *bench.Machine) (sweep *Sweep, err error) {
	o.Report(k.title + ". " + k.question)
	s := &stage{options: o, granted: map[*lab.Lab]int64{}}
	defer func() { err = errors.Join(err, bench.TakeDown(s.labs...)) }()
	points, started := o.points(k), time.Now()
	lines, err := k.setUp(ctx, s, points)
	if err != nil {
		return nil, err
	}
	o.Report(fmt.Sprintf("set up in %.1f s", time.Since(started).Seconds()))
	sweep = &Sweep{Name: k.name, Setting: k.setting, Title: k.title}
	for _, l := range lines {
		c := Curve{Name: l.name}
		for _, p := range points {
			c.Points = append(c.Points, Point{Setting: p})
		}
		sweep.Curves = append(sweep.Curves, c)
	}
	for n := range o.Rounds {
		started := time.Now()
		if err := sweep.round(ctx, s, lines, n); err != nil {
			return nil, err
		}
		o.Report(fmt.Sprintf("round %d of %d in %.1f s", n+1, o.Rounds, time.Since(started).Seconds()))
	}
	if err := s.audit(ctx); err != nil {
		return nil, err
	}
	sweep.summarize()
	if machine.Database == "" {
		err = machine.AddDatabase(s.labs[0])
	}
	return sweep, err
}

// round measures every cell once. Every other round goes the other way, so that no point always has the emptier
// tables, or follows the same neighbour.
func (s *Sweep) round(ctx context.Context, st *stage, lines []line, n int) error {
	points := len(s.Curves[0].Points)
	for i := range points {
		if n%2 == 1 {
			i = points - 1 - i
		}
		for j, l := range lines {
			c, p := l.cells[i], &s.Curves[j].Points[i]
			figures, units, err := c.measure(ctx, st.options, uint64(n))
			if err != nil {
				return fmt.Errorf("%s at %d %s: %w", l.name, p.Setting, s.Setting, err)
			}
			if !c.read {
				st.granted[c.lab] += units
			}
			p.Rounds = append(p.Rounds, figures)
		}
	}
	return nil
}

func (s *Sweep) summarize() {
	for i := range s.Curves {
		s.Curves[i].summarize()
	}
	s.Explanation = s.explain()
}
