package plots

import (
	"time"

	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// panel is a pair of axes on a sheet.
type panel struct {
	*draw.Sheet
	area draw.Rect // within the axes
	x, y draw.Scale
}

// axis is what an axis shows.
type axis struct {
	low, high float64
	log       bool
	ticks     []draw.Tick
	strip     float64 // room above the panel, for the names of faults
}

// Room for the words of the time axis, and the least between the words of one axis.
const (
	underAxis = 24.0
	wordGap   = 14.0
)

// newPanel draws axes into a part of a sheet: horizontal grid lines with their values on the left, ticks below.
func newPanel(s *draw.Sheet, outer draw.Rect, x, y axis) *panel {
	left := 0.0
	for _, t := range y.ticks {
		left = max(left, s.Fonts.Width(t.Label, smallSize, false))
	}
	left += 12 // browsers set figures of equal width, which makes a 1 wider
	outer.Y += x.strip
	outer.H -= x.strip
	area := draw.Rect{X: outer.X + left, Y: outer.Y + 6, W: outer.W - left - 4, H: outer.H - underAxis - 6}
	p := &panel{Sheet: s, area: area}
	p.x = draw.Scale{Low: x.low, High: x.high, From: p.area.X, To: p.area.Right(), Log: x.log}
	p.y = draw.Scale{Low: y.low, High: y.high, From: p.area.Bottom(), To: p.area.Y, Log: y.log}
	muted := draw.Lettering{Ink: draw.Muted, Size: smallSize}
	for _, t := range y.ticks {
		at := p.y.Pos(t.At)
		s.Line(draw.Stroke{Ink: draw.Grid, Width: 1}, draw.Point{X: p.area.X, Y: at}, draw.Point{X: p.area.Right(), Y: at})
		muted.Anchor = draw.End
		s.Write(muted, draw.Point{X: p.area.X - 8, Y: at + 4}, t.Label)
	}
	p.below(x.ticks)
	return p
}

// below draws the ticks of the horizontal axis; a word that would run into the one before it is left out.
func (p *panel) below(ticks []draw.Tick) {
	y := p.area.Bottom()
	p.Line(draw.Stroke{Ink: draw.Muted, Width: 1}, draw.Point{X: p.area.X, Y: y}, draw.Point{X: p.area.Right(), Y: y})
	free := 0.0
	for _, t := range ticks {
		at := p.x.Pos(t.At)
		p.Line(draw.Stroke{Ink: draw.Muted, Width: 1}, draw.Point{X: at, Y: y}, draw.Point{X: at, Y: y + 4})
		half := p.Fonts.Width(t.Label, smallSize, false) / 2
		at = min(at, p.W-half-2)
		if at-half < free {
			continue
		}
		free = at + half + wordGap
		p.Write(draw.Lettering{Ink: draw.Muted, Size: smallSize, Anchor: draw.Middle}, draw.Point{X: at, Y: y + 18}, t.Label)
	}
}

// at is the point of a value, held within the axes.
func (p *panel) at(x, y float64) draw.Point { return draw.Point{X: p.x.Clamped(x), Y: p.y.Clamped(y)} }

// times is what every plot over time shares: how long the run was, and what was done to the system when.
type times struct {
	span   time.Duration
	faults []numbered
}

// newTimes finds how long the run was. Where run.json does not say, the last thing that was measured ends it.
func newTimes(run *evidence.Run, stats measure.Stats) times {
	t := times{span: time.Duration(run.ElapsedNS), faults: number(run.Faults)}
	if n := len(stats.Flow.Moments); t.span <= 0 && n > 0 {
		t.span = stats.Flow.Moments[n-1].At + stats.Flow.Width
	}
	t.span = max(t.span, time.Second)
	return t
}

// axis is the time axis: seconds, minutes or hours since the run's start.
func (t times) axis(width float64) axis {
	unit, name := time.Second, " s"
	switch {
	case t.span > 3*time.Hour:
		unit, name = time.Hour, " h"
	case t.span > 3*time.Minute:
		unit, name = time.Minute, " min"
	}
	high := float64(t.span) / float64(unit)
	a := axis{high: t.span.Seconds(), strip: t.strip()}
	for _, v := range draw.Steps(high, int(width/90)) {
		a.ticks = append(a.ticks, draw.Tick{At: v * unit.Seconds(), Label: wording.Decimal(v) + name})
	}
	return a
}

// counts is an axis of numbers of things, from zero.
func counts(high float64, n int) axis {
	high = max(high, 1)
	a := axis{high: high}
	for _, v := range draw.Steps(high, n) {
		if v == float64(int64(v)) {
			a.ticks = append(a.ticks, draw.Tick{At: v, Label: wording.Count(int64(v))})
		}
	}
	return a
}

// rates is an axis of numbers per second, from zero.
func rates(high float64) axis {
	a := counts(high, 5)
	for i := range a.ticks[1:] {
		a.ticks[1+i].Label += "/s"
	}
	return a
}

// latencies is a logarithmic axis of durations that holds both ends.
func latencies(low, high time.Duration) axis {
	low, high = max(low, 10*time.Microsecond), max(high, 20*time.Microsecond)
	a := axis{low: low.Seconds() / 1.15, high: max(high.Seconds()*1.15, low.Seconds()*4), log: true}
	for _, v := range draw.Decades(a.low, a.high) {
		a.ticks = append(a.ticks, draw.Tick{At: v, Label: wording.Tick(time.Duration(v*1e9 + 0.5))})
	}
	return a
}
