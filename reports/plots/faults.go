package plots

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"flashsale/internal/evidence"
	"flashsale/reports/draw"
)

// faultStrip is room for the names of faults above a panel.
const faultStrip = 18.0

// numberGap is the least between the numbers of two faults.
const numberGap = 4.0

// numbered is a fault with its number in the lists of the reports.
type numbered struct {
	evidence.Fault
	number int
}

func number(faults []evidence.Fault) []numbered {
	all := make([]numbered, len(faults))
	for i, f := range faults {
		all[i] = numbered{f, i + 1}
	}
	return all
}

// strip is the room that the names of faults need.
func (t times) strip() float64 {
	if len(t.faults) == 0 {
		return 0
	}
	return faultStrip
}

// over is when the system had got over a fault.
func (t times) over(f numbered) time.Duration { return time.Duration(f.Over(int64(t.span))) }

// within leaves out the faults that a part of the run did not see.
func (t times) within(from, to time.Duration) times {
	t.faults = slices.DeleteFunc(slices.Clone(t.faults), func(f numbered) bool {
		return time.Duration(f.Injected) > to || t.over(f) < from
	})
	return t
}

// shade marks the windows of faults, until the system had got over them. Where several lasted at once the shade is
// one: it must not look like worse harm.
func (t times) shade(p *panel) {
	var windows []stretch
	for _, f := range t.faults {
		from, to := p.x.Clamped(time.Duration(f.Injected).Seconds()), p.x.Clamped(t.over(f).Seconds())
		windows = append(windows, stretch{from, max(to, from+2)})
	}
	for _, w := range joined(windows) {
		p.Box(draw.Fill{Ink: draw.Shade, Opacity: 0.3}, draw.Rect{X: w.from, Y: p.area.Y, W: w.to - w.from, H: p.area.H})
		p.Box(draw.Fill{Ink: draw.Shade}, draw.Rect{X: w.from, Y: p.area.Y - 4, W: w.to - w.from, H: 4})
	}
	t.nameFaults(p)
}

// nameFaults writes above the panel which faults they were: their names if there is room for all of them, else their
// numbers, as many as fit.
func (t times) nameFaults(p *panel) {
	names, numbers := make([]string, len(t.faults)), make([]string, len(t.faults))
	for i, f := range t.faults {
		names[i], numbers[i] = f.Name, strconv.Itoa(f.number)
	}
	if t.write(p, names, wordGap, false) {
		t.write(p, names, wordGap, true)
		return
	}
	t.write(p, numbers, numberGap, true)
}

// write puts a word at the beginning of every fault's window, and tells whether there is room for all. What began
// before the panel does may stand anywhere behind its like. Without ink it only tries.
func (t times) write(p *panel, words []string, gap float64, ink bool) (all bool) {
	free := p.area.X
	all = true
	for i, f := range t.faults {
		width := p.Fonts.Width(words[i], smallSize, false)
		at := p.x.Clamped(time.Duration(f.Injected).Seconds())
		if at == p.area.X {
			at = free
		}
		if at = min(at, p.area.Right()-width); at < free {
			all = false
			continue
		}
		free = at + width + gap
		if ink {
			p.Write(draw.Lettering{Ink: draw.Muted, Size: smallSize}, draw.Point{X: at, Y: p.area.Y - 8}, words[i])
		}
	}
	return all
}

// legend adds the meaning of the shade, if there is any.
func (t times) legend(entries ...entry) []entry {
	if len(t.faults) > 0 {
		entries = append(entries, entry{ink: draw.Shade, name: "fault"})
	}
	return entries
}

// stretch is a part of an axis.
type stretch struct{ from, to float64 }

// joined makes one of stretches that touch.
func joined(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	var list []stretch
	for _, s := range all {
		if last := len(list) - 1; last >= 0 && s.from <= list[last].to {
			list[last].to = max(list[last].to, s.to)
			continue
		}
		list = append(list, s)
	}
	return list
}
