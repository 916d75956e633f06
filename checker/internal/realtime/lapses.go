package realtime

import (
	"cmp"
	"slices"
)

// lapse is a quantity that is on sale again from a database time on, if its hold lives to see it.
type lapse struct{ at, qty int64 }

// lapses sums quantities over spans of time. It is added to in any order, then sealed, then asked.
type lapses struct {
	list  []lapse // until sealed
	times []int64 // then: of all, in order,
	sums  []int64 // and the sum of quantities up to each
	near  int     // where the last search ended
}

func (l *lapses) add(at, qty int64) { l.list = append(l.list, lapse{at, qty}) }

func (l *lapses) seal() {
	slices.SortFunc(l.list, func(a, b lapse) int { return cmp.Compare(a.at, b.at) })
	l.times, l.sums = make([]int64, len(l.list)), make([]int64, len(l.list))
	sum := int64(0)
	for i, one := range l.list {
		sum += one.qty
		l.times[i], l.sums[i] = one.at, sum
	}
	l.list = nil
}

// rank is how many lapses there are up to a time, itself included.
func (l *lapses) rank(at int64) int {
	l.near = seek(l.times, l.near, at)
	return l.near
}

// within sums what lapses after one time and not after another; 0 if the times are the wrong way round.
func (l *lapses) within(after, until int64) int64 {
	if until <= after {
		return 0
	}
	return l.upTo(l.rank(until)) - l.upTo(l.rank(after))
}

// upTo is the sum of the first n.
func (l *lapses) upTo(n int) int64 {
	if n == 0 {
		return 0
	}
	return l.sums[n-1]
}
