package scale

import (
	"flashsale/internal/bench"
	"flashsale/reports/plots"
)

// Plot draws the sweep: speed, latency, and the size of the batches.
func (s *Sweep) Plot() plots.Sweep {
	plot := plots.Sweep{
		Name: "bench-scale-" + s.Name, Title: s.Title, Setting: s.Setting,
		Caption: "By " + s.Setting + ", closed loop. Bars: the range of the rounds. Latency: p99, in dashes the median. " +
			s.Sentence(),
	}
	speed := plots.SweepPanel{Name: "Requests a second"}
	latency := plots.SweepPanel{Name: "Latency", Unit: "ms", Log: true}
	batches := plots.SweepPanel{Name: "Commands a commit", Log: true}
	for _, p := range s.Curves[0].Points {
		plot.Settings = append(plot.Settings, p.Setting)
	}
	for _, c := range s.Curves {
		plot.Curves = append(plot.Curves, c.Name)
		speed.Lines = append(speed.Lines, c.values(func(p Point) bench.Spread { return p.PerSecond }))
		latency.Lines = append(latency.Lines, c.values(func(p Point) bench.Spread { return p.P99 }))
		latency.Dashed = append(latency.Dashed, c.values(func(p Point) bench.Spread { return p.P50 }))
		batches.Lines = append(batches.Lines, c.values(func(p Point) bench.Spread {
			return bench.Spread{Median: p.CommandsPerCommit, Least: p.CommandsPerCommit, Most: p.CommandsPerCommit}
		}))
	}
	plot.Panels = []plots.SweepPanel{speed, latency, batches}
	return plot
}

// values is one figure at every point; none where it was not measured, as commits of a load that only reads.
func (c Curve) values(figure func(Point) bench.Spread) []plots.SweepValue {
	var values []plots.SweepValue
	for _, p := range c.Points {
		v := figure(p)
		if v.Median == 0 {
			return nil
		}
		values = append(values, plots.SweepValue(v))
	}
	return values
}
