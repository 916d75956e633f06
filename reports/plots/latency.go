package plots

import (
	"fmt"
	"math"
	"strings"
	"time"

	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// curve is one percentile over time.
type curve struct {
	entry
	width float64
	value func(measure.Moment) time.Duration
}

// curves are drawn in this order: where percentiles coincide, the thinner ones lie on the thicker.
func curves() []curve {
	return []curve{
		{entry{ink: draw.Orange, name: "p99"}, 3.5, func(m measure.Moment) time.Duration { return m.P99 }},
		{entry{ink: draw.Blue, name: "p90"}, 2.25, func(m measure.Moment) time.Duration { return m.P90 }},
		{entry{ink: draw.Green, name: "p50"}, 1.25, func(m measure.Moment) time.Duration { return m.P50 }},
	}
}

// latencyFigure draws percentiles over time, a panel for every kind of operation, all on the same axes.
func latencyFigure(t times, kinds []measure.KindStats) []Figure {
	kinds = answered(kinds)
	if len(kinds) == 0 {
		return nil
	}
	var alt []string
	var legend []entry
	for i := range kinds {
		k := &kinds[i]
		alt = append(alt, fmt.Sprintf("%s p50 %s, p99 %s", k.Kind, wording.Latency(k.P50), wording.Latency(k.P99)))
	}
	for _, c := range curves() {
		legend = append(legend, c.entry)
	}
	low, high := latencyRange(kinds)
	return []Figure{{
		Name: "latency", Title: "Latency over time",
		Caption: fmt.Sprintf("From the intended start of every answered attempt, so that waiting counts; steps of %s, "+
			"logarithmic axis.", wording.Tick(kinds[0].MomentWidth)),
		Alt:    "Latency over time. In the whole run: " + strings.Join(alt, "; ") + ".",
		legend: t.legend(legend...),
		height: gridHeight(len(kinds), wideColumns(len(kinds))), narrow: gridHeight(len(kinds), 1),
		draw: func(s *draw.Sheet, area draw.Rect) {
			for i, cell := range cells(area, len(kinds)) {
				p := titledPanel(s, cell, string(kinds[i].Kind), wording.Plural(kinds[i].Answered(), "answer"),
					t.axis(cell.W), latencies(low, high))
				t.shade(p)
				for _, c := range curves() {
					p.curve(c, kinds[i].Moments, kinds[i].MomentWidth)
				}
			}
		},
	}}
}

// curve draws a value over moments, broken where a moment had no answer; a moment on its own is a dot.
func (p *panel) curve(c curve, moments []measure.Moment, slot time.Duration) {
	var run []draw.Point
	flush := func() {
		if len(run) == 1 {
			p.Disc(draw.Fill{Ink: c.ink}, run[0], 0.9*c.width)
		}
		p.Line(draw.Stroke{Ink: c.ink, Width: c.width}, run...)
		run = nil
	}
	for i, m := range moments {
		if i > 0 && m.At-moments[i-1].At > slot {
			flush()
		}
		run = append(run, p.at((m.At+slot/2).Seconds(), c.value(m).Seconds()))
	}
	flush()
}

// answered leaves out the kinds that nothing was measured of.
func answered(kinds []measure.KindStats) []measure.KindStats {
	var some []measure.KindStats
	for _, k := range kinds {
		if len(k.Moments) > 0 {
			some = append(some, k)
		}
	}
	return some
}

func latencyRange(kinds []measure.KindStats) (low, high time.Duration) {
	low = math.MaxInt64
	for i := range kinds {
		for _, m := range kinds[i].Moments {
			low, high = min(low, m.P50), max(high, m.P99)
		}
	}
	return low, high
}
