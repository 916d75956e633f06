package bench

import (
	"fmt"

	"flashsale/reports/plots"
)

// Plot draws what a request cost each program.
func (r *SimulatorResult) Plot() plots.Bars {
	var bars []plots.Bar
	for _, p := range r.Programs {
		if p.Cost != nil {
			bars = append(bars, plots.Bar{Name: p.Name, Median: p.Cost.Median, Least: p.Cost.Least, Most: p.Cost.Most,
				Ours: p.Name == simulatorName})
		}
	}
	return plots.Bars{
		Name: "bench-simulator", Title: "What a request costs the one who sends it", Unit: " us", Bars: bars,
		Caption: fmt.Sprintf("CPU per POST over loopback, user and system, of the whole process; shorter is better. flashsale sends on "+
			"schedule, and its history is written meanwhile; the others send as fast as %d connections answer. %d cores.",
			r.Connections, r.Machine.Cores),
	}
}
