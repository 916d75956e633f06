package plots

import (
	"fmt"

	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// layer is one outcome of the stack.
type layer struct {
	entry
	count func(*measure.FlowMoment) int64
}

func layers() []layer {
	return []layer{
		{entry{ink: draw.Blue, name: "ok"}, func(m *measure.FlowMoment) int64 { return m.OK }},
		{entry{ink: draw.Grey, name: "refused by a rule"}, func(m *measure.FlowMoment) int64 { return m.Refused }},
		{entry{ink: draw.Orange, name: "overloaded"}, func(m *measure.FlowMoment) int64 { return m.Overloaded }},
		{entry{ink: draw.Vermillion, name: "outcome unknown"}, func(m *measure.FlowMoment) int64 { return m.Unknown }},
	}
}

// flowFigure draws answers over time, stacked by outcome, and what was asked for.
func flowFigure(t times, flow measure.Flow) []Figure {
	if len(flow.Moments) == 0 {
		return nil
	}
	var used []layer
	legend := []entry{{ink: draw.Text, name: "offered", dashed: true}}
	alt := ""
	for _, l := range layers() {
		n := int64(0)
		for i := range flow.Moments {
			n += l.count(&flow.Moments[i])
		}
		if n > 0 {
			used, legend = append(used, l), append(legend, l.entry)
			alt += fmt.Sprintf(", %s %s", wording.Count(n), l.name)
		}
	}
	return []Figure{{
		Name: "throughput", Title: "Throughput by outcome", height: 280, narrow: 230,
		Caption: fmt.Sprintf("Answers per second, stacked by outcome, in steps of %s. Where they stay below the dashed "+
			"line, requests were waiting.", wording.Tick(flow.Width)),
		Alt:    "Answers over time" + alt + ".",
		legend: t.legend(legend...),
		draw:   func(s *draw.Sheet, area draw.Rect) { drawFlow(s, area, t, flow, used) },
	}}
}

func drawFlow(s *draw.Sheet, outer draw.Rect, t times, flow measure.Flow, used []layer) {
	width := flow.Width.Seconds()
	high := 0.0
	for i := range flow.Moments {
		m := &flow.Moments[i]
		high = max(high, float64(m.Offered)/width, float64(m.OK+m.Refused+m.Overloaded+m.Unknown)/width)
	}
	p := newPanel(s, outer, t.axis(outer.W), rates(1.08*high))
	below := make([]float64, len(flow.Moments))
	floor := p.stairs(flow, below)
	for _, l := range used {
		for i := range flow.Moments {
			below[i] += float64(l.count(&flow.Moments[i])) / width
		}
		top := p.stairs(flow, below)
		p.between(draw.Fill{Ink: l.ink}, floor, top)
		floor = top
	}
	t.shade(p)
	offered := make([]float64, len(flow.Moments))
	for i := range flow.Moments {
		offered[i] = float64(flow.Moments[i].Offered) / width
	}
	p.Line(draw.Stroke{Ink: draw.Text, Width: 1.5, Dash: 3}, p.stairs(flow, offered)...)
}

// stairs is the outline of a rate that is level within every moment, and zero where there is none.
func (p *panel) stairs(flow measure.Flow, rates []float64) []draw.Point {
	points := []draw.Point{p.at(0, 0)}
	until := 0.0
	for i, m := range flow.Moments {
		from := m.At.Seconds()
		if from > until {
			points = append(points, p.at(until, 0), p.at(from, 0))
		}
		until = from + flow.Width.Seconds()
		points = append(points, p.at(from, rates[i]), p.at(until, rates[i]))
	}
	return append(points, p.at(until, 0), p.at(p.x.High, 0))
}
