package plots

import (
	"fmt"
	"strings"

	"flashsale/reports/draw"
	"flashsale/reports/wording"
)

// Sweep is how a benchmark's figures change with one setting: a panel each, whose curves are different work or
// different systems at the same settings. The settings stand at equal distances, so that zero has a place beside
// the powers of ten.
type Sweep struct {
	Name     string // of the plot's files
	Title    string
	Caption  string
	Setting  string // what the settings count, in the plural
	Settings []int64
	Curves   []string // their names, at most sweepCurvesMax
	Panels   []SweepPanel
}

// SweepPanel is one figure of every curve.
type SweepPanel struct {
	Name string
	Unit string // after the values of its axis; may be empty
	Log  bool   // the axis is logarithmic, and else begins at zero
	// Lines has for every curve its figure at every setting; a curve without any is not in this panel.
	Lines [][]SweepValue
	// Dashed has a second figure of the same unit, drawn in dashes; nil: there is none.
	Dashed [][]SweepValue
}

// SweepValue is what the rounds of a benchmark measured at one setting.
type SweepValue struct{ Median, Least, Most float64 }

// sweepCurvesMax is how many curves can be told apart.
const sweepCurvesMax = 4

// sweepInk is the colour of the nth curve.
func sweepInk(n int) draw.Ink {
	return [sweepCurvesMax]draw.Ink{draw.Blue, draw.Orange, draw.Green, draw.Purple}[n]
}

// Figure draws it.
func (sw Sweep) Figure() Figure {
	var legend []entry
	for i, name := range sw.Curves {
		legend = append(legend, entry{ink: sweepInk(i), name: name})
	}
	var alt []string
	for _, p := range sw.Panels {
		for i, line := range p.Lines {
			if n := len(line); n > 0 {
				alt = append(alt, fmt.Sprintf("%s, %s: %s%s at %s, %s%s at %s", p.Name, sw.Curves[i], wording.ThreeDigits(line[0].Median), p.unit(),
					wording.Count(sw.Settings[0]), wording.ThreeDigits(line[n-1].Median), p.unit(), wording.Count(sw.Settings[n-1])))
			}
		}
	}
	n := len(sw.Panels)
	return Figure{
		Name: sw.Name, Title: sw.Title, Caption: sw.Caption, Alt: sw.Setting + ": " + strings.Join(alt, "; ") + ".", legend: legend,
		height: 1.3 * gridHeight(n, wideColumns(n)), narrow: gridHeight(n, 1),
		draw: func(s *draw.Sheet, area draw.Rect) {
			for i, cell := range cells(area, n) {
				if area.W >= wideWidth/2 && n <= wideColumns(n) {
					cell.H = area.H
				}
				sw.Panels[i].draw(s, cell, sw.settings())
			}
		},
	}
}

func (p SweepPanel) unit() string {
	if p.Unit == "" {
		return ""
	}
	return " " + p.Unit
}

// labelsMax is how many settings a panel has room to write out; of more it writes every other, the last among them.
const labelsMax = 8

// settings is the horizontal axis.
func (sw Sweep) settings() axis {
	n := len(sw.Settings)
	a := axis{low: -0.4, high: float64(n) - 0.6}
	for i, v := range sw.Settings {
		tick := draw.Tick{At: float64(i)}
		if n <= labelsMax || (n-1-i)%2 == 0 {
			tick.Label = shortCount(v)
		}
		a.ticks = append(a.ticks, tick)
	}
	return a
}

// shortCount writes round thousands and millions as 10k and 1M.
func shortCount(n int64) string {
	switch {
	case n >= 1_000_000 && n%100_000 == 0:
		return wording.Decimal(float64(n)/1e6) + "M"
	case n >= 1000 && n%1000 == 0:
		return wording.Count(n/1000) + "k"
	default:
		return wording.Count(n)
	}
}

func (p SweepPanel) draw(s *draw.Sheet, cell draw.Rect, settings axis) {
	axes := titledPanel(s, cell, p.Name, "", settings, p.values())
	for i, values := range p.Dashed {
		axes.Line(draw.Stroke{Ink: sweepInk(i), Width: 1.5, Dash: 4}, axes.sweep(values)...)
	}
	for i, values := range p.Lines {
		ink, points := sweepInk(i), axes.sweep(values)
		for at, v := range values {
			axes.Line(draw.Stroke{Ink: ink, Width: 5, Opacity: 0.35}, axes.at(float64(at), v.Least), axes.at(float64(at), v.Most))
		}
		axes.Line(draw.Stroke{Ink: ink, Width: 2}, points...)
		for _, point := range points {
			axes.Disc(draw.Fill{Ink: ink}, point, 3)
		}
	}
}

// sweep is the line through the medians.
func (p *panel) sweep(values []SweepValue) []draw.Point {
	var points []draw.Point
	for i, v := range values {
		points = append(points, p.at(float64(i), v.Median))
	}
	return points
}

// values is the vertical axis, which holds everything that was measured.
func (p SweepPanel) values() axis {
	low, high := 0.0, 0.0
	for _, lines := range [][][]SweepValue{p.Lines, p.Dashed} {
		for _, line := range lines {
			for _, v := range line {
				if low == 0 || v.Least < low {
					low = v.Least
				}
				high = max(high, v.Most)
			}
		}
	}
	a := axis{high: 1.08 * high}
	ticks := draw.Steps(a.high, 5)
	if p.Log && low > 0 {
		a = axis{low: low / logRoom, high: high * logRoom, log: true}
		ticks = draw.Decades(a.low, a.high)
	}
	for _, v := range ticks {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: axisValue(v) + p.unit()})
	}
	return a
}

// axisValue writes a round number for an axis.
func axisValue(x float64) string {
	if x >= 1000 {
		return wording.Count(int64(x))
	}
	return wording.Decimal(x)
}
