package plots

import (
	"slices"
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

// instant is a point in time that may be unknown.
type instant struct {
	at    time.Duration
	known bool
}

// drawLanes draws a timeline of the time from one point to another: words above each bar, for bars may be far too
// short to hold them.
func drawLanes(s *draw.Sheet, outer draw.Rect, t times, lanes []lane, mark instant, from, to time.Duration) {
	x := timeWindow(from, to, outer.W)
	x.strip = t.strip()
	p := newPanel(s, outer, x, axis{high: 1})
	t.shade(p)
	for i, l := range lanes {
		y := p.lane(i)
		s.Line(draw.Stroke{Ink: draw.Grid, Width: 1}, draw.Point{X: p.area.X, Y: y + laneHeight - 4},
			draw.Point{X: p.area.Right(), Y: y + laneHeight - 4})
		if l.commit && p.sees(l.from) {
			p.upright(draw.Stroke{Ink: draw.Green, Width: 1, Opacity: 0.6}, l.from)
		}
		for _, span := range l.spans {
			p.span(span, y+19)
		}
	}
	if mark.known {
		p.upright(draw.Stroke{Ink: draw.Vermillion, Width: 1.75, Dash: 4}, mark.at)
	}
	for i, l := range lanes { // last, so that nothing is drawn over words
		y := p.lane(i)
		label := fit(s.Fonts, wording.Printable(l.label), smallSize, p.area.W-4)
		s.Box(draw.Fill{Ink: draw.Paper, Opacity: 0.85},
			draw.Rect{X: p.area.X, Y: y + 1, W: s.Fonts.Width(label, smallSize, false) + 6, H: 16})
		s.Write(draw.Lettering{Ink: draw.Text, Size: smallSize}, draw.Point{X: p.area.X + 2, Y: y + 13}, label)
		p.beyond(l, y+28)
	}
}

// lane is where the nth lane begins.
func (p *panel) lane(n int) float64 { return p.area.Y + float64(n)*laneHeight + 4 }

// sees tells whether an instant lies on the panel.
func (p *panel) sees(at time.Duration) bool {
	return p.x.Low <= at.Seconds() && at.Seconds() <= p.x.High
}

// upright draws an instant across all lanes.
func (p *panel) upright(stroke draw.Stroke, at time.Duration) {
	x := p.x.Clamped(at.Seconds())
	p.Line(stroke, draw.Point{X: x, Y: p.area.Y}, draw.Point{X: x, Y: p.area.Bottom()})
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

// window is the time that a timeline shows: everything that must be in sight, and a little more. Where most of it
// happened within a moment of the violation and the rest long before or after, the moment is shown: a race of
// milliseconds cannot be seen among seconds.
func window(lanes []lane, mark instant) (from, to time.Duration) {
	from, to = lanes[0].from, lanes[0].to
	for _, l := range lanes {
		from, to = min(from, l.from), max(to, l.to)
	}
	if mark.known {
		from, to = min(from, mark.at), max(to, mark.at)
		near, far := reaches(lanes, mark.at)
		if far > crowded*near {
			from, to = max(from, mark.at-near), min(to, mark.at+near)
		}
	}
	pad := max((to-from)/20, time.Millisecond)
	return from - pad, to + pad
}

// crowded is how many times further than the nearer half the farthest lane must reach to be left out of sight.
const crowded = 10

// reaches are how far from an instant the nearer half of the lanes lie, and the farthest of all.
func reaches(lanes []lane, at time.Duration) (near, far time.Duration) {
	all := make([]time.Duration, len(lanes))
	for i, l := range lanes {
		all[i] = max((l.from - at).Abs(), (l.to - at).Abs())
	}
	slices.Sort(all)
	return max(all[len(all)/2], time.Millisecond), all[len(all)-1]
}

// beyond says when a lane out of sight was.
func (p *panel) beyond(l lane, y float64) {
	muted, when := draw.Lettering{Ink: draw.Muted, Size: smallSize}, wording.Instant(l.from)
	switch {
	case l.to.Seconds() < p.x.Low:
		p.Write(muted, draw.Point{X: p.area.X + 2, Y: y}, "earlier, at "+when)
	case l.from.Seconds() > p.x.High:
		muted.Anchor = draw.End
		text := "later, at " + when
		width := p.Fonts.Width(text, smallSize, false) + 6
		p.Box(draw.Fill{Ink: draw.Paper, Opacity: 0.85}, draw.Rect{X: p.area.Right() - width, Y: y - 12, W: width, H: 16})
		p.Write(muted, draw.Point{X: p.area.Right() - 2, Y: y}, text)
	}
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
