package overload

import (
	"fmt"

	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// The lines of both plots, in the order of chartPoints.
var lines = [...]string{"offered", "served (201)", "refused at once (503)", "served, p50", "served, p99"}

// Plots draws what the steps and the recovery measured.
func (r *Result) Plots() []plots.Figure {
	return []plots.Figure{r.stepsPlot().Figure(), r.recoveryPlot().Figure()}
}

// figures is what both plots show of a moment or a step.
type figures struct{ x, offered, goodput, refused, p50, p99 float64 }

// panels are rates on the left, latencies on the right.
func panels(all []figures, xUnit string, shaded *plots.ChartSpan) []plots.ChartPanel {
	rates := plots.ChartPanel{Name: "Holds", XUnit: xUnit, YUnit: "/s", Points: make([][]plots.ChartPoint, len(lines)), Shaded: shaded}
	latency := plots.ChartPanel{Name: "Latency, from the intended send", XUnit: xUnit, YUnit: " ms", Log: true,
		Points: make([][]plots.ChartPoint, len(lines)), Shaded: shaded}
	for _, f := range all {
		for line, y := range []float64{f.offered, f.goodput, f.refused} {
			rates.Points[line] = append(rates.Points[line], plots.ChartPoint{X: f.x, Y: y})
		}
		for i, y := range []float64{f.p50, f.p99} {
			if line := 3 + i; y > 0 {
				latency.Points[line] = append(latency.Points[line], plots.ChartPoint{X: f.x, Y: y})
			}
		}
	}
	return []plots.ChartPanel{rates, latency}
}

func (r *Result) stepsPlot() plots.Chart {
	var all []figures
	for _, s := range r.Steps {
		all = append(all, figures{s.Offered, s.Offered, s.Goodput, s.Refused, s.ServedP50MS, s.ServedP99MS})
	}
	return plots.Chart{
		Name: "bench-overload", Title: "More load than the database can commit",
		Caption: fmt.Sprintf("Open loop against slow commits (%.0f ms each, %d holds at most), which cap the server at %s. "+
			"Past that, goodput should stay level, and the rest be refused at once.", r.CommitDelayMS, r.BatchMax, wording.PerSecond(r.Capacity)),
		Alt: fmt.Sprintf("Goodput never falls below %.0f %% of its peak of %.0f holds/s; the worst p99 of those served is %.0f ms.",
			100*r.GoodputVsPeak, r.Peak, r.ServedP99MS),
		Lines: lines[:], Panels: panels(all, "/s", nil),
	}
}

func (r *Result) recoveryPlot() plots.Chart {
	var all []figures
	for _, w := range r.Recovery.Windows {
		all = append(all, figures{w.AtMS / 1000, w.Offered, w.Goodput, w.Refused, w.ServedP50MS, w.ServedP99MS})
	}
	return plots.Chart{
		Name: "bench-overload-recovery", Title: "Commits become slow, and fast again",
		Caption: fmt.Sprintf("One load of %s, %.0fx what slow commits allow, in steps of %s. %s",
			wording.PerSecond(r.Recovery.Offered), r.Recovery.Multiple, wording.Tick(windowWidth), r.Recovery.verdict()),
		Alt: r.Recovery.verdict(), Lines: lines[:],
		Panels: panels(all, " s", &plots.ChartSpan{Name: "slow commits",
			From: r.Recovery.SlowAtMS / 1000, To: r.Recovery.HealedAtMS / 1000}),
	}
}
