package plots

import (
	"fmt"
	"slices"
	"strings"

	"flashsale/reports/draw"
	"flashsale/reports/wording"
)

// Scaling is how a benchmark's figures grow with the size of the work: a panel each, both axes logarithmic, so that
// what grows by a power is a straight line.
type Scaling struct {
	Name    string // of the plot's files
	Title   string
	Caption string
	Panels  []ScalingPanel
}

// ScalingPanel is one figure at several sizes.
type ScalingPanel struct {
	Name    string
	Unit    string // of its axis
	Samples []Sample
	Like    func(size float64) float64 // what growth it is compared with, through the largest sample; nil: none
	LikeIs  string                     // its name
}

// Sample is what the rounds of a benchmark measured at one size.
type Sample struct{ Size, Median, Least, Most float64 }

// Room around the samples of a logarithmic axis, as a factor.
const logRoom = 1.6

// Figure draws it.
func (sc Scaling) Figure() Figure {
	legend := []entry{{ink: draw.Blue, name: "median of the rounds, and their range"}}
	var alt []string
	for _, p := range sc.Panels {
		if p.Like != nil && !slices.ContainsFunc(legend, func(e entry) bool { return e.name == p.LikeIs }) {
			legend = append(legend, entry{ink: draw.Grey, name: p.LikeIs, dashed: true})
		}
		last := p.Samples[len(p.Samples)-1]
		alt = append(alt, fmt.Sprintf("%s %s %s at %s", p.Name, wording.Decimal(last.Median), p.Unit, wording.Count(int64(last.Size))))
	}
	n := len(sc.Panels)
	return Figure{
		Name: sc.Name, Title: sc.Title, Caption: sc.Caption, Alt: strings.Join(alt, "; ") + ".", legend: legend,
		height: 1.5 * gridHeight(n, wideColumns(n)), narrow: gridHeight(n, 1),
		draw: func(s *draw.Sheet, area draw.Rect) {
			for i, cell := range cells(area, n) {
				if area.W >= wideWidth/2 {
					cell.H = area.H
				}
				sc.Panels[i].draw(s, cell)
			}
		},
	}
}

func (sp ScalingPanel) draw(s *draw.Sheet, cell draw.Rect) {
	p := titledPanel(s, cell, sp.Name, "", sp.sizes(), sp.values())
	last := sp.Samples[len(sp.Samples)-1]
	if sp.Like != nil {
		var like []draw.Point
		for _, m := range sp.Samples {
			like = append(like, p.at(m.Size, last.Median*sp.Like(m.Size)/sp.Like(last.Size)))
		}
		p.Line(draw.Stroke{Ink: draw.Grey, Width: 1.5, Dash: 4}, like...)
	}
	var line []draw.Point
	for _, m := range sp.Samples {
		line = append(line, p.at(m.Size, m.Median))
		p.Line(draw.Stroke{Ink: draw.Blue, Width: 5, Opacity: 0.35}, p.at(m.Size, m.Least), p.at(m.Size, m.Most))
	}
	p.Line(draw.Stroke{Ink: draw.Blue, Width: 2}, line...)
	for i, m := range sp.Samples {
		p.Disc(draw.Fill{Ink: draw.Blue}, line[i], 3.5)
		where, to := draw.End, draw.Point{X: line[i].X - 8, Y: line[i].Y - 6} // above the line, which rises
		if i == 0 {
			where, to = draw.Start, draw.Point{X: line[i].X + 10, Y: line[i].Y + 16}
		}
		p.Write(draw.Lettering{Ink: draw.Text, Size: smallSize, Anchor: where}, to, wording.ThreeDigits(m.Median)+" "+sp.Unit)
	}
}

// sizes is the horizontal axis.
func (sp ScalingPanel) sizes() axis {
	a := axis{low: sp.Samples[0].Size / logRoom, high: sp.Samples[len(sp.Samples)-1].Size * logRoom, log: true}
	for _, v := range draw.Decades(a.low, a.high) {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: wording.Count(int64(v))})
	}
	return a
}

// values is the vertical axis, which holds all samples and what they are compared with.
func (sp ScalingPanel) values() axis {
	last := sp.Samples[len(sp.Samples)-1]
	low, high := last.Least, last.Most
	for _, m := range sp.Samples {
		low, high = min(low, m.Least), max(high, m.Most)
		if sp.Like != nil {
			low = min(low, last.Median*sp.Like(m.Size)/sp.Like(last.Size))
		}
	}
	a := axis{low: low / logRoom, high: high * logRoom, log: true}
	for _, v := range draw.Decades(a.low, a.high) {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: wording.Decimal(v) + " " + sp.Unit})
	}
	return a
}
