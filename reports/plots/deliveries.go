package plots

import (
	"fmt"

	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// deliveriesFigure draws how many idempotency keys were delivered how often, by the effects that they had.
func deliveriesFigure(d measure.Deliveries) []Figure {
	if len(d.Counts) == 0 {
		return nil
	}
	var one, none, more, deliveries int64
	for _, c := range d.Counts {
		one, none, more = one+c.One, none+c.None, more+c.More
		deliveries += int64(c.Deliveries) * (c.None + c.One + c.More)
	}
	legend := []entry{{ink: draw.Blue, name: "one effect"}}
	if none > 0 {
		legend = append(legend, entry{ink: draw.Grey, name: "no effect"})
	}
	if more > 0 {
		legend = append(legend, entry{ink: draw.Vermillion, name: "more than one effect"})
	}
	effects := "rows of payment_events"
	if !d.ByRows {
		effects = "answers that said the payment was handled"
	}
	return []Figure{{
		Name: "deliveries", Title: "Payment deliveries and their effects", height: 260, narrow: 230, legend: legend,
		Caption: "Keys by how often their webhook was delivered. However often it was, the effect is one. Effects: " +
			effects + ".",
		Alt: fmt.Sprintf("%s keys: %s with one effect, %s with none, %s with more than one.", wording.Count(one+none+more),
			wording.Count(one), wording.Count(none), wording.Count(more)),
		draw: func(s *draw.Sheet, area draw.Rect) { drawDeliveries(s, area, d.Counts) },
	}}
}

func drawDeliveries(s *draw.Sheet, outer draw.Rect, all []measure.Delivered) {
	high := 0.0
	for _, c := range all {
		high = max(high, float64(c.One+c.None+c.More))
	}
	slots := max(len(all), 4) // few bars are not stretched over the whole sheet
	x := axis{low: 0.5, high: float64(slots) + 0.5}
	for _, c := range all {
		label := fmt.Sprint(c.Deliveries)
		switch {
		case c.Deliveries == measure.DeliveriesMax:
			label += "+"
		case c.Deliveries == 1 && outer.W > wideWidth/2:
			label += " delivery"
		case outer.W > wideWidth/2:
			label += " deliveries"
		}
		x.ticks = append(x.ticks, draw.Tick{At: float64(c.Deliveries), Label: label})
	}
	p := newPanel(s, outer, x, counts(1.15*high, 4))
	for _, c := range all {
		p.bar(c)
	}
}

// bar stacks the keys of one number of deliveries, with their count above.
func (p *panel) bar(c measure.Delivered) {
	at, below := float64(c.Deliveries), 0.0
	for _, part := range []struct {
		ink draw.Ink
		n   int64
	}{{draw.Blue, c.One}, {draw.Grey, c.None}, {draw.Vermillion, c.More}} {
		if part.n == 0 {
			continue
		}
		low, high := p.at(at-0.32, below), p.at(at+0.32, below+float64(part.n))
		p.Box(draw.Fill{Ink: part.ink}, draw.Rect{X: low.X, Y: high.Y, W: high.X - low.X, H: low.Y - high.Y})
		below += float64(part.n)
	}
	label := draw.Lettering{Ink: draw.Text, Size: smallSize, Anchor: draw.Middle}
	top := p.at(at, below)
	text := wording.Count(int64(below))
	if c.More > 0 {
		label.Bold = true
		text = fmt.Sprintf("%s, %s too often", text, wording.Count(c.More))
	}
	p.Write(label, draw.Point{X: top.X, Y: top.Y - 5}, text)
}
