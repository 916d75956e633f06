package plots

import (
	"fmt"
	"strings"
	"time"

	"flashsale/internal/evidence"
	"flashsale/reports/compare"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// runInk is the colour of the nth run of a comparison.
func runInk(n int) draw.Ink {
	return [compare.RunsMax]draw.Ink{draw.Blue, draw.Orange, draw.Green, draw.Purple, draw.Sky, draw.Grey}[n]
}

// Compare lists the figures of several runs, drawn over each other.
func Compare(c *compare.Comparison) []Figure {
	legend := make([]entry, len(c.Sides))
	all := times{span: time.Second}
	for i, s := range c.Sides {
		legend[i] = entry{ink: runInk(i), name: fmt.Sprintf("%s  %s", compare.Label(i), s.Dir)}
		all.span = max(all.span, newTimes(s.Run, s.Stats).span)
	}
	figures := compareSpectra(c, legend)
	figures = append(figures, compareLatency(c, all, legend)...)
	figures = append(figures, compareFlow(c, all, legend)...)
	return append(figures, compareSold(c, all, legend)...)
}

// byKind collects a kind's figures of every run; nil where a run has none.
func byKind(c *compare.Comparison) (kinds []evidence.Kind, of map[evidence.Kind][]*measure.KindStats) {
	of = make(map[evidence.Kind][]*measure.KindStats)
	for i := range c.Sides {
		for j := range c.Sides[i].Stats.Kinds {
			k := &c.Sides[i].Stats.Kinds[j]
			if len(k.Spectrum) == 0 || len(k.Moments) == 0 {
				continue
			}
			if of[k.Kind] == nil {
				of[k.Kind] = make([]*measure.KindStats, len(c.Sides))
			}
			of[k.Kind][i] = k
		}
	}
	for _, kind := range measure.PurchaseOrder() {
		if of[kind] != nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds, of
}

func present(some []*measure.KindStats) []measure.KindStats {
	var all []measure.KindStats
	for _, k := range some {
		if k != nil {
			all = append(all, *k)
		}
	}
	return all
}

// p99s says the p99 of every run, for those who cannot see the plot.
func p99s(kinds []evidence.Kind, of map[evidence.Kind][]*measure.KindStats) string {
	var all []string
	for _, kind := range kinds {
		for i, k := range of[kind] {
			if k != nil {
				all = append(all, fmt.Sprintf("%s in %s p99 %s", kind, compare.Label(i), wording.Latency(k.P99)))
			}
		}
	}
	return strings.Join(all, "; ") + "."
}

// perKind is a figure with a panel for every kind of operation, each with all runs in it.
func perKind(c *compare.Comparison, legend []entry, name, title, caption, alt string,
	panel func(s *draw.Sheet, cell draw.Rect, kind string, of []*measure.KindStats)) []Figure {
	kinds, of := byKind(c)
	if len(kinds) == 0 {
		return nil
	}
	return []Figure{{
		Name: name, Title: title, legend: legend, Caption: caption, Alt: alt + p99s(kinds, of),
		height: gridHeight(len(kinds), wideColumns(len(kinds))), narrow: gridHeight(len(kinds), 1),
		draw: func(s *draw.Sheet, area draw.Rect) {
			for i, cell := range cells(area, len(kinds)) {
				panel(s, cell, kinds[i], of[kinds[i]])
			}
		},
	}}
}

func compareSpectra(c *compare.Comparison, legend []entry) []Figure {
	return perKind(c, legend, "spectra", "Percentile spectra",
		"The latency that a share of the answers did not exceed. Lower is better.",
		"Latency by percentile, run by run: ",
		func(s *draw.Sheet, cell draw.Rect, kind string, of []*measure.KindStats) {
			p := spectrumPanel(s, titled(s, cell, kind, ""), present(of))
			for n, k := range of {
				if k != nil {
					p.spectrum(runInk(n), k.Spectrum)
				}
			}
		})
}

func compareLatency(c *compare.Comparison, t times, legend []entry) []Figure {
	return perKind(c, legend, "latencies", "p99 over time",
		"The 99th percentile from the intended start, logarithmic axis. Lower is better.",
		"99th percentile over time, run by run. In the whole run: ",
		func(s *draw.Sheet, cell draw.Rect, kind string, of []*measure.KindStats) {
			low, high := latencyRange(present(of))
			p := titledPanel(s, cell, kind, "", t.axis(cell.W), latencies(low, high))
			for n, k := range of {
				if k != nil {
					line := curve{entry{ink: runInk(n)}, 2, func(m measure.Moment) time.Duration { return m.P99 }}
					p.curve(line, k.Moments, k.MomentWidth)
				}
			}
		})
}

func compareFlow(c *compare.Comparison, t times, legend []entry) []Figure {
	high, alt := 0.0, "Answers per second over time, run by run:"
	for i, s := range c.Sides {
		n := int64(0)
		for _, m := range s.Stats.Flow.Moments {
			answers := m.OK + m.Refused
			n += answers
			high = max(high, float64(answers)/s.Stats.Flow.Width.Seconds())
		}
		alt += fmt.Sprintf(" %s %s in all.", compare.Label(i), wording.Count(n))
	}
	if high == 0 {
		return nil
	}
	return []Figure{{
		Name: "throughputs", Title: "Throughput", legend: legend, height: 260, narrow: 220, Alt: alt,
		Caption: "Answers per second, granted or refused by a rule. Higher is better.",
		draw: func(s *draw.Sheet, area draw.Rect) {
			p := newPanel(s, area, t.axis(area.W), rates(1.08*high))
			for i, side := range c.Sides {
				flow := side.Stats.Flow
				answers := make([]float64, len(flow.Moments))
				for j, m := range flow.Moments {
					answers[j] = float64(m.OK+m.Refused) / flow.Width.Seconds()
				}
				p.Line(draw.Stroke{Ink: runInk(i), Width: 2}, p.stairs(flow, answers)...)
			}
		},
	}}
}

func compareSold(c *compare.Comparison, t times, legend []entry) []Figure {
	high, alt := int64(0), "Units sold over time, run by run:"
	for i, s := range c.Sides {
		if sale := s.Stats.Sale; sale != nil {
			last := sale.All.Steps[len(sale.All.Steps)-1].Sold
			alt += fmt.Sprintf(" %s %s of %s.", compare.Label(i), wording.Count(last), wording.Count(sale.All.Total))
			for _, step := range sale.All.Steps {
				high = max(high, step.Sold)
			}
		}
	}
	if high == 0 {
		return nil
	}
	return []Figure{{
		Name: "sold", Title: "Units sold", legend: legend, height: 260, narrow: 220, Alt: alt,
		Caption: "Units that were sold by then, by the times at which the database decided.",
		draw: func(s *draw.Sheet, area draw.Rect) {
			p := newPanel(s, area, t.axis(area.W), counts(1.08*float64(high), 5))
			for i, side := range c.Sides {
				if side.Stats.Sale != nil {
					p.Line(draw.Stroke{Ink: runInk(i), Width: 2},
						p.steps(&side.Stats.Sale.All, func(u measure.Units) int64 { return u.Sold })...)
				}
			}
		},
	}}
}
