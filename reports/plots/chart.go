package plots

import (
	"flashsale/reports/draw"
)

// Chart is lines over a quantity that is measured, not chosen: a load, or time. Several panels share the lines'
// meaning.
type Chart struct {
	Name    string // of the plot's files
	Title   string
	Caption string
	Alt     string
	Lines   []string // their names, at most chartLinesMax; the first is drawn in dashes: what the others are held against
	Panels  []ChartPanel
}

// ChartPanel is one pair of axes, both from zero unless the vertical one is logarithmic.
type ChartPanel struct {
	Name         string
	XUnit, YUnit string         // after the values of the axes
	Log          bool           // the vertical axis
	Points       [][]ChartPoint // of every line of the chart; a line without any is not in this panel
	Shaded       *ChartSpan     // nil: nothing is
}

// ChartPoint is a value of the vertical axis at one of the horizontal. On a logarithmic axis it is above zero.
type ChartPoint struct{ X, Y float64 }

// ChartSpan is a part of the horizontal axis that has a name.
type ChartSpan struct {
	Name     string
	From, To float64
}

// chartLinesMax is how many lines can be told apart.
const chartLinesMax = 5

// chartInk is the colour of the nth line.
func chartInk(n int) draw.Ink {
	return [chartLinesMax]draw.Ink{draw.Text, draw.Blue, draw.Orange, draw.Green, draw.Vermillion}[n]
}

// Figure draws it.
func (c Chart) Figure() Figure {
	var legend []entry
	for i, name := range c.Lines {
		legend = append(legend, entry{ink: chartInk(i), name: name, dashed: i == 0})
	}
	for _, p := range c.Panels {
		if p.Shaded != nil {
			legend = append(legend, entry{ink: draw.Shade, name: p.Shaded.Name})
			break
		}
	}
	n := len(c.Panels)
	return Figure{
		Name: c.Name, Title: c.Title, Caption: c.Caption, Alt: c.Alt, legend: legend,
		height: 1.4 * gridHeight(n, wideColumns(n)), narrow: gridHeight(n, 1),
		draw: func(s *draw.Sheet, area draw.Rect) {
			for i, cell := range cells(area, n) {
				if area.W >= wideWidth/2 && n <= wideColumns(n) {
					cell.H = area.H
				}
				c.Panels[i].draw(s, cell)
			}
		},
	}
}

func (p ChartPanel) draw(s *draw.Sheet, cell draw.Rect) {
	axes := titledPanel(s, cell, p.Name, "", p.horizontal(cell.W), p.vertical())
	if p.Shaded != nil {
		from, to := axes.x.Clamped(p.Shaded.From), axes.x.Clamped(p.Shaded.To)
		axes.Box(draw.Fill{Ink: draw.Shade, Opacity: 0.3}, draw.Rect{X: from, Y: axes.area.Y, W: to - from, H: axes.area.H})
	}
	for i, values := range p.Points {
		stroke := draw.Stroke{Ink: chartInk(i), Width: 2}
		if i == 0 {
			stroke.Width, stroke.Dash = 1.5, 4
		}
		var line []draw.Point
		for _, v := range values {
			line = append(line, axes.at(v.X, v.Y))
		}
		axes.Line(stroke, line...)
		if len(values) > chartDotsMax || i == 0 {
			continue
		}
		for _, point := range line {
			axes.Disc(draw.Fill{Ink: stroke.Ink}, point, 3)
		}
	}
}

// chartDotsMax is up to how many points of a line are marked.
const chartDotsMax = 20

// extent is the least and the most of an axis' values.
func (p ChartPanel) extent(of func(ChartPoint) float64) (low, high float64) {
	first := true
	for _, line := range p.Points {
		for _, point := range line {
			v := of(point)
			if first {
				low, high, first = v, v, false
			}
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

func (p ChartPanel) horizontal(width float64) axis {
	_, high := p.extent(func(c ChartPoint) float64 { return c.X })
	a := axis{high: 1.03 * high}
	for _, v := range draw.Steps(a.high, int(width/90)) {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: axisValue(v) + p.XUnit})
	}
	return a
}

func (p ChartPanel) vertical() axis {
	low, high := p.extent(func(c ChartPoint) float64 { return c.Y })
	a := axis{high: 1.08 * high}
	ticks := draw.Steps(a.high, 5)
	if p.Log {
		a = axis{low: low / logRoom, high: high * logRoom, log: true}
		ticks = draw.Decades(a.low, a.high)
	}
	for _, v := range ticks {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: axisValue(v) + p.YUnit})
	}
	return a
}
