package plots

import (
	"fmt"
	"slices"
	"time"

	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// stockFigures draws the stock of all products together, and of several those to look at.
func stockFigures(t times, sale *measure.Sale) []Figure {
	if sale == nil {
		return nil
	}
	legend := stockLegend(t, sale)
	figures := []Figure{stockFigure(t, &sale.All, stockCaption(sale), legend)}
	for i := range sale.Focus {
		f := stockFigure(t, &sale.Focus[i], focusCaption(&sale.Focus[i], i), legend)
		f.Name = "stock-product"
		f.Beside = i > 0 || len(sale.Focus)%2 == 1 // rows of two, and what is left over has the first row to itself
		if i > 0 {
			f.Name = fmt.Sprintf("stock-product-%d", i+1)
		}
		figures = append(figures, f)
	}
	return figures
}

// stockLegend is the same for all of a sale's figures, so that they line up where they stand side by side.
func stockLegend(t times, sale *measure.Sale) []entry {
	entries := []entry{{ink: draw.Blue, name: "sold"}, {ink: draw.Orange, name: "reserved"},
		{ink: draw.Grid, name: "available"}}
	over := sale.All.Over
	for i := range sale.Focus {
		over = max(over, sale.Focus[i].Over)
	}
	if over > 0 {
		entries = append(entries, entry{ink: draw.Vermillion, name: "promised, but not there"})
	}
	return t.legend(entries...)
}

func stockCaption(sale *measure.Sale) string {
	source := "as the rows of the final tables tell it"
	if sale.Logged {
		source = "after every commit, at the time at which the database decided it"
	}
	return "Units sold and reserved, " + source + ". They may fill the space under the total line, and never cross it."
}

// focusCaption says why a product is drawn, the nth of them.
func focusCaption(c *measure.Course, nth int) string {
	switch {
	case c.Over > 0 && nth == 0:
		return fmt.Sprintf("Oversold the most of all products: %s that were not there.", wording.Plural(c.Over, "unit"))
	case c.Over > 0:
		return fmt.Sprintf("Oversold too, by %s.", wording.Plural(c.Over, "unit"))
	case nth == 0:
		return "Of all products its stock moved most often."
	default:
		return "Its stock moved most often after that."
	}
}

func stockFigure(t times, c *measure.Course, caption string, legend []entry) Figure {
	f := Figure{Name: "stock", Title: "Stock over time", Caption: caption, height: 300, narrow: 240, legend: legend}
	what := "The product"
	switch {
	case c.Product != 0:
		f.Title = fmt.Sprintf("Stock of product %d", c.Product)
		what = fmt.Sprintf("Product %d", c.Product)
	case c.Products > 1:
		f.Title = fmt.Sprintf("Stock of %s together", wording.Plural(int64(c.Products), "product"))
		what = f.Title[len("Stock of "):]
	}
	f.Alt = fmt.Sprintf("%s: of %s in total, at most %s were sold and reserved at one instant, %s into the run.", what,
		wording.Plural(c.Total, "unit"), wording.Count(c.Peak), wording.Latency(c.PeakAt))
	if c.Over > 0 {
		f.Alt += fmt.Sprintf(" %s beyond the total.", wording.Plural(c.Over, "unit"))
	}
	f.draw = func(s *draw.Sheet, area draw.Rect) { drawStock(s, area, t, c) }
	return f
}

func drawStock(s *draw.Sheet, outer draw.Rect, t times, c *measure.Course) {
	p := newPanel(s, outer, t.axis(outer.W), counts(1.1*float64(max(c.Total, c.Peak)), 5))
	total := p.steps(c, func(u measure.Units) int64 { return u.Total })
	sold := p.steps(c, func(u measure.Units) int64 { return u.Sold })
	taken := p.steps(c, measure.Units.Taken)
	floor := []draw.Point{p.at(c.Steps[0].At.Seconds(), 0), p.at(t.span.Seconds(), 0)}
	p.between(draw.Fill{Ink: draw.Grid, Opacity: 0.55}, floor, total)
	p.between(draw.Fill{Ink: draw.Orange}, sold, taken)
	p.between(draw.Fill{Ink: draw.Blue}, floor, sold)
	if c.Over > 0 {
		over := p.steps(c, func(u measure.Units) int64 { return max(u.Taken(), u.Total) })
		p.between(draw.Fill{Ink: draw.Vermillion}, total, over)
	}
	t.shade(p)
	p.Line(draw.Stroke{Ink: draw.Text, Width: 1.75}, total...)
	first := c.Steps[0].Total
	left, right := draw.Point{X: p.area.X + 4}, draw.Point{X: p.area.Right() - 2}
	if c.Total != first || !overAtFirst(c, t.span/4) {
		p.nameTotal(first, left, draw.Start)
	}
	if c.Total != first || overAtFirst(c, t.span/4) {
		p.nameTotal(c.Total, right, draw.End)
	}
}

// overAtFirst tells whether too much was promised within some time from the start, where the total's name would stand.
func overAtFirst(c *measure.Course, within time.Duration) bool {
	return slices.ContainsFunc(c.Steps, func(s measure.StockStep) bool { return s.At < within && s.Taken() > s.Total })
}

// nameTotal writes a total above its line.
func (p *panel) nameTotal(total int64, at draw.Point, anchor draw.Anchor) {
	at.Y = p.y.Pos(float64(total)) - 6
	p.Write(draw.Lettering{Ink: draw.Text, Size: labelSize, Bold: true, Anchor: anchor}, at, "total "+wording.Count(total))
}

// steps is the outline of a value over the course: level until it changes.
func (p *panel) steps(c *measure.Course, value func(measure.Units) int64) []draw.Point {
	points := make([]draw.Point, 0, 2*len(c.Steps)+1)
	for i, step := range c.Steps {
		next := p.at(step.At.Seconds(), float64(value(step.Units)))
		if i > 0 {
			points = append(points, draw.Point{X: next.X, Y: points[len(points)-1].Y})
		}
		points = append(points, next)
	}
	return append(points, draw.Point{X: p.area.Right(), Y: points[len(points)-1].Y})
}

// between fills what lies between two outlines that run from left to right.
func (p *panel) between(fill draw.Fill, low, high []draw.Point) {
	around := make([]draw.Point, 0, len(low)+len(high))
	around = append(around, high...)
	for i := len(low) - 1; i >= 0; i-- {
		around = append(around, low[i])
	}
	p.Area(fill, around...)
}
