package overload

import (
	"slices"
	"time"

	"flashsale/internal/bench/load"
)

// span is a part of a load's time.
type span struct{ from, to time.Duration }

func (s span) has(at time.Duration) bool { return at >= s.from && at < s.to }

func (s span) perSecond(n int) float64 { return float64(n) / (s.to - s.from).Seconds() }

// measured counts a load within a span: answers when they came, latencies and late sends of what was due in it.
func measured(shots []shot, within span) Step {
	var offered, goodput, refusals int
	var served, sentAway load.Latencies
	var step Step
	for _, s := range shots {
		if s.outcome == other {
			step.Others++ // at any time: there must be none
		}
		if within.has(s.answered) {
			switch s.outcome {
			case granted:
				goodput++
			case refused:
				refusals++
			}
		}
		if !within.has(s.due) {
			continue
		}
		offered++
		if s.sent-s.due > lateAfter {
			step.LateSends++
		}
		switch s.outcome {
		case granted:
			served = append(served, s.answered-s.due)
		case refused:
			sentAway = append(sentAway, s.answered-s.due)
		}
	}
	step.Offered, step.Goodput, step.Refused = within.perSecond(offered), within.perSecond(goodput), within.perSecond(refusals)
	slices.Sort(served)
	slices.Sort(sentAway)
	step.ServedP50MS, step.ServedP99MS = milliseconds(served.Quantile(0.5)), milliseconds(served.Quantile(0.99))
	step.RefusedP99MS = milliseconds(sentAway.Quantile(0.99))
	return step
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// windowWidth is the resolution of a course.
const windowWidth = 100 * time.Millisecond

// course cuts a load into windows, up to when it ended.
func course(shots []shot, lasts time.Duration) []Window {
	var windows []Window
	for from := time.Duration(0); from < lasts; from += windowWidth {
		s := measured(shots, span{from, from + windowWidth})
		windows = append(windows, Window{AtMS: milliseconds(from), Offered: s.Offered, Goodput: s.Goodput, Refused: s.Refused,
			ServedP50MS: s.ServedP50MS, ServedP99MS: s.ServedP99MS})
	}
	return windows
}

// All is well when over half a second nobody is refused, goodput is the offered rate, and p99 is never more than twice
// the worst of the windows before the slow commits. It has to be half a second because a single window is as uneven as
// the machine is, before the slow commits as well as after them.
const (
	wellWindows = 5
	wellGoodput = 0.9
	wellP99     = 2
)

// recovered says how long after the heal all is well again and nobody is refused any more, in milliseconds; nil: that
// never is. The windows until settled do not tell what is normal: connections are being made.
func recovered(windows []Window, slowAt, healedAt, settled time.Duration) *float64 {
	normal, healed := 0.0, 0
	for i, w := range windows {
		ends := w.AtMS + milliseconds(windowWidth)
		if w.AtMS >= milliseconds(settled) && ends <= milliseconds(slowAt) {
			normal = max(normal, w.ServedP99MS)
		}
		if ends <= milliseconds(healedAt) || w.Refused > 0 {
			healed = i + 1
		}
	}
	for ; healed+wellWindows <= len(windows); healed++ {
		if allWell(windows[healed:healed+wellWindows], wellP99*normal) {
			took := windows[healed].AtMS + milliseconds(windowWidth) - milliseconds(healedAt)
			return &took
		}
	}
	return nil
}

// allWell judges some windows together.
func allWell(windows []Window, p99Max float64) bool {
	var offered, goodput, p99 float64
	for _, w := range windows {
		offered, goodput, p99 = offered+w.Offered, goodput+w.Goodput, max(p99, w.ServedP99MS)
	}
	return goodput >= wellGoodput*offered && p99 <= p99Max
}
