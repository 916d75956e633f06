package plots

import (
	"time"

	"flashsale/reports/draw"
	"flashsale/reports/wording"
)

// A lane holds a line of words and a bar below it.
const (
	laneHeight = 38.0
	barHeight  = 10.0
	barLeast   = 3.0 // pixels, so that the shortest request can be seen
)

// drawLanes draws a timeline: the words above each bar, for bars may be far too short to hold them.
func drawLanes(s *draw.Sheet, outer draw.Rect, t times, lanes []lane, at time.Duration) {
	from, to := window(lanes, at)
	p := newPanel(s, outer, timeWindow(from, to, outer.W), axis{high: 1})
	t.shade(p)
	for i, l := range lanes {
		y := p.area.Y + float64(i)*laneHeight + 4
		s.Line(draw.Stroke{Ink: draw.Grid, Width: 1}, draw.Point{X: p.area.X, Y: y + laneHeight - 4},
			draw.Point{X: p.area.Right(), Y: y + laneHeight - 4})
		for _, span := range l.spans {
			p.span(span, y+19)
		}
	}
	if at != 0 {
		x := p.x.Clamped(at.Seconds())
		s.Line(draw.Stroke{Ink: draw.Vermillion, Width: 1.75, Dash: 4},
			draw.Point{X: x, Y: p.area.Y}, draw.Point{X: x, Y: p.area.Bottom()})
	}
	for i, l := range lanes { // last, so that nothing is drawn over words
		y := p.area.Y + float64(i)*laneHeight + 4
		label := fit(s.Fonts, wording.Printable(l.label), smallSize, p.area.W-4)
		s.Box(draw.Fill{Ink: draw.Paper, Opacity: 0.85},
			draw.Rect{X: p.area.X, Y: y + 1, W: s.Fonts.Width(label, smallSize, false) + 6, H: 16})
		s.Write(draw.Lettering{Ink: draw.Text, Size: smallSize}, draw.Point{X: p.area.X + 2, Y: y + 13}, label)
	}
}

// span draws a bar, or a dot for an instant. What lies outside the window is cut off.
func (p *panel) span(s span, y float64) {
	from, to := s.from.Seconds(), s.to.Seconds()
	if to < p.x.Low || from > p.x.High {
		return
	}
	left, right := p.x.Clamped(from), p.x.Clamped(to)
	if s.from == s.to {
		p.Disc(draw.Fill{Ink: s.ink}, draw.Point{X: left, Y: y + barHeight/2}, barHeight/2)
		return
	}
	left = min(left, p.area.Right()-barLeast)
	p.Box(draw.Fill{Ink: s.ink}, draw.Rect{X: left, Y: y, W: max(right-left, barLeast), H: barHeight})
}

// window is the time that a timeline shows: everything that must be in sight, and a little more.
func window(lanes []lane, at time.Duration) (from, to time.Duration) {
	from, to = lanes[0].from, lanes[0].to
	for _, l := range lanes {
		from, to = min(from, l.from), max(to, l.to)
	}
	if at != 0 {
		from, to = min(from, at), max(to, at)
	}
	pad := max((to-from)/20, time.Millisecond)
	return from - pad, to + pad
}

// timeWindow is an axis of a part of the run: in milliseconds near its start, else in seconds with as many
// digits as the window needs.
func timeWindow(from, to time.Duration, width float64) axis {
	a := axis{low: from.Seconds(), high: to.Seconds()}
	unit, name := time.Second, " s"
	if to < time.Second {
		unit, name = time.Millisecond, " ms"
	}
	step := draw.Step((a.high - a.low) / unit.Seconds() / (width / 110))
	for i := int64(a.low / unit.Seconds() / step); ; i++ {
		v := float64(i) * step
		at := v * unit.Seconds()
		if at > a.high {
			return a
		}
		if at >= a.low {
			a.ticks = append(a.ticks, draw.Tick{At: at, Label: wording.Decimal(v) + name})
		}
	}
}
