package plots

import (
	"fmt"

	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// stockFigures draws the stock of all products, and of several the one to look at.
func stockFigures(t times, sale *measure.Sale) []Figure {
	if sale == nil {
		return nil
	}
	figures := []Figure{stockFigure(t, &sale.All)}
	if sale.Focus != nil {
		figures = append(figures, stockFigure(t, sale.Focus))
	}
	return figures
}

func stockFigure(t times, c *measure.Course) Figure {
	f := Figure{
		Name: "stock", Title: "Stock over time", height: 300, narrow: 240,
		Caption: "Units sold and reserved, by the times at which the database decided. They may fill the space under the " +
			"total line, and never cross it.",
		legend: t.legend(entry{ink: draw.Blue, name: "sold"}, entry{ink: draw.Orange, name: "reserved"},
			entry{ink: draw.Grid, name: "available"}),
	}
	what := "The product"
	switch {
	case c.Product != 0:
		f.Name, f.Beside = "stock-product", true
		f.Title = fmt.Sprintf("Stock of product %d", c.Product)
		f.Caption = "Of all products the one whose stock moved most often."
		what = fmt.Sprintf("Product %d", c.Product)
		if c.Peak > c.Total {
			f.Caption = "Of all products the one that was oversold most."
		}
	case c.Products > 1:
		f.Title = fmt.Sprintf("Stock of %s together", wording.Plural(int64(c.Products), "product"))
		what = f.Title[len("Stock of "):]
	}
	f.Alt = fmt.Sprintf("%s: of %s in total, at most %s were sold and reserved at one instant, %s into the run.", what,
		wording.Plural(c.Total, "unit"), wording.Count(c.Peak), wording.Latency(c.PeakAt))
	if c.Peak > c.Total {
		f.legend = append(f.legend, entry{ink: draw.Vermillion, name: "promised, but not there"})
	}
	f.draw = func(s *draw.Sheet, area draw.Rect) { drawStock(s, area, t, c) }
	return f
}

func drawStock(s *draw.Sheet, outer draw.Rect, t times, c *measure.Course) {
	p := newPanel(s, outer, t.axis(outer.W), counts(1.1*float64(max(c.Total, c.Peak)), 5))
	total := float64(c.Total)
	sold, taken := p.steps(c, func(s measure.StockStep) float64 { return float64(s.Sold) }),
		p.steps(c, func(s measure.StockStep) float64 { return float64(s.Sold + s.Reserved) })
	floor := []draw.Point{p.at(0, 0), p.at(t.span.Seconds(), 0)}
	full := []draw.Point{p.at(0, total), p.at(t.span.Seconds(), total)}
	p.between(draw.Fill{Ink: draw.Grid, Opacity: 0.55}, floor, full)
	p.between(draw.Fill{Ink: draw.Orange}, sold, taken)
	p.between(draw.Fill{Ink: draw.Blue}, floor, sold)
	if c.Peak > c.Total {
		over := make([]draw.Point, len(taken))
		for i, point := range taken {
			over[i] = draw.Point{X: point.X, Y: min(point.Y, p.y.Pos(total))}
		}
		p.between(draw.Fill{Ink: draw.Vermillion}, full, over)
	}
	t.shade(p)
	p.Line(draw.Stroke{Ink: draw.Text, Width: 1.75}, full...)
	// On the left: whatever is oversold is so later.
	p.Write(draw.Lettering{Ink: draw.Text, Size: labelSize, Bold: true},
		draw.Point{X: p.area.X + 4, Y: p.y.Pos(total) - 6}, "total "+wording.Count(c.Total))
}

// steps is the outline of a value over the course: level until it changes.
func (p *panel) steps(c *measure.Course, value func(measure.StockStep) float64) []draw.Point {
	points := []draw.Point{p.at(0, 0)}
	for _, step := range c.Steps {
		next := p.at(step.At.Seconds(), value(step))
		last := points[len(points)-1]
		points = append(points, draw.Point{X: next.X, Y: last.Y}, next)
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
