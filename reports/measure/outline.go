package measure

import "time"

// outline draws a course, state by state.
type outline struct {
	Course
	slot    time.Duration
	highest int // of the newest slot's steps the one in which most was promised
}

func newOutline(product int64, products int, elapsed time.Duration) *outline {
	return &outline{
		Course: Course{Product: product, Products: products},
		slot:   max(elapsed/stockSlots, time.Millisecond),
	}
}

// add is told every state, in order of time.
func (o *outline) add(at time.Duration, now Units) {
	step := StockStep{max(at, 0), now}
	if now.Taken() > o.Peak {
		o.Peak, o.PeakAt = now.Taken(), step.At
	}
	o.Over, o.Total = max(o.Over, now.over()), now.Total
	switch {
	case len(o.Steps) == 0 || o.Steps[o.highest].At/o.slot != step.At/o.slot:
		o.highest = len(o.Steps)
		o.Steps = append(o.Steps, step)
	case now.over() >= o.Steps[o.highest].over():
		o.Steps = o.Steps[:o.highest+1]
		o.Steps[o.highest].Units = now
	default:
		o.Steps = append(o.Steps[:o.highest+1], step)
	}
}

// sum adds up what happened to all products. Products have no common order in time, so it keeps what changed in each
// of many narrow slots, in whatever order it is told.
type sum struct {
	width time.Duration
	slots [slotsForSum]Units // what was added, or taken away if negative
}

func newSum(elapsed time.Duration) *sum {
	return &sum{width: elapsed/slotsForSum + 1}
}

func (s *sum) add(at time.Duration, from, to Units) {
	slot := &s.slots[min(max(at, 0)/s.width, slotsForSum-1)]
	*slot = slot.move(from, to)
}

func (s *sum) course(products int, elapsed time.Duration) Course {
	all := newOutline(0, products, elapsed)
	var now Units
	for i, change := range s.slots {
		if change != (Units{}) {
			now = now.move(Units{}, change)
			all.add(time.Duration(i)*s.width, now)
		}
	}
	return all.Course
}
