package realtime

import (
	"math"

	"flashsale/checker/internal/history"
)

// Stock is what was available of one product, at every position and at every database time.
//
// available(p, t) is what was left after commit p, with all holds that lapse up to t back on sale. A step knows it
// for one instant, `at`: the newest decision time so far. For other instants the lapses in between are added or
// taken away. Which holds were still there to lapse is certain between `at` and `settled`, the earliest decision
// time of any LATER commit by which a hold came or went: what lapses there was held by then, unless its hold had
// left before its time. Outside, the bounds count every lapse there could be: of the holds that came so far, and of
// no more than was reserved.
type Stock struct {
	steps     history.List[step]
	positions []Position // from which on each step holds
	blocks    []block

	lapses lapses // of every hold there was
	early  lapses // of those that left before their time
	prices []price
	near   int // where the last search among the steps ended

	horizon int64 // when the last of the holds so far lapses
}

// step is the stock from a position on. Low and high say how far below and above available the stock was, at most,
// to whoever decided inside the commit.
type step struct {
	available int64
	at        int64
	settled   int64 // until sealed: the earliest decision time in this commit by which a hold came or went
	horizon   int64 // when the last of the holds that came so far lapses
	low, high uint32
	reserved  uint32 // what was held at `at`, and may still lapse; MaxUint32: more than can be told
}

// block bounds what can have been available, inside commits and between them, over stepsPerBlock steps, so that
// a search may pass them over.
type block struct{ low, high int64 }

const stepsPerBlock = 32

// price is what a unit costs from a position on.
type price struct {
	position Position
	price    int64
}

// Standing is a product's stock after a commit, as of the newest decision time of its commits so far.
type Standing struct {
	At        int64 // that time, in database microseconds
	Price     int64
	Available int64
	Reserved  int64
	Low, High int64 // the least and the most that was available inside the commit

	// Settled is the earliest time of a decision in this commit by which a hold came or went; MaxInt64 without one.
	Settled int64
}

// Step records how the product stands from a position on. Positions must increase.
func (s *Stock) Step(at Position, now Standing) {
	if n := len(s.prices); n == 0 || s.prices[n-1].price != now.Price {
		s.prices = append(s.prices, price{at, now.Price})
	}
	s.positions = append(s.positions, at)
	s.steps.Add(step{
		available: now.Available, at: now.At, settled: now.Settled, horizon: s.horizon,
		low: distance(now.Low, now.Available), high: distance(now.Available, now.High), reserved: distance(0, now.Reserved),
	})
}

// distance is how far up it is from one number to another; more than fits is as good as infinite.
func distance(from, to int64) uint32 {
	if to <= from {
		return 0
	}
	return uint32(min(uint64(to)-uint64(from), math.MaxUint32))
}

// Come records a hold that reserves qty until it lapses, if nothing takes it away before.
func (s *Stock) Come(expires, qty int64) {
	s.lapses.add(expires, qty)
	s.horizon = max(s.horizon, expires)
}

// Leave records that a hold stopped reserving by a decision, and not because it lapsed.
func (s *Stock) Leave(expires, qty int64) { s.early.add(expires, qty) }

// Seal ends the recording.
func (s *Stock) Seal() {
	s.lapses.seal()
	s.early.seal()
	next := int64(math.MaxInt64)
	s.blocks = make([]block, (s.steps.Len()+stepsPerBlock-1)/stepsPerBlock)
	for i := s.steps.Len() - 1; i >= 0; i-- {
		st := s.steps.At(uint32(i))
		st.settled, next = next, min(next, st.settled)
		b := &s.blocks[i/stepsPerBlock]
		low, high := st.available-int64(st.low), st.available+int64(st.high)
		if i%stepsPerBlock == stepsPerBlock-1 || i == s.steps.Len()-1 {
			*b = block{low, high} // its last step comes first
		}
		b.low, b.high = min(b.low, low), max(b.high, high)
	}
}

// lapsed sums what was given back by lapses between two times during which no hold came or went.
func (s *Stock) lapsed(after, until int64) int64 {
	return s.lapses.within(after, until) - s.early.within(after, until)
}

// between bounds what was available after a step at instants from one to another.
func (s *Stock) between(st *step, from, to int64) (low, high int64) {
	low, high = st.available, st.available
	if from < st.at {
		low -= s.lapses.within(from, st.at)
	} else {
		low += s.lapsed(st.at, min(from, st.settled))
	}
	if to > st.at {
		certain := max(st.at, min(to, st.settled))
		high += s.lapsed(st.at, certain) + s.lapses.within(certain, min(to, st.horizon))
	}
	if from > st.settled && st.reserved < math.MaxUint32 {
		all := st.available + int64(st.reserved) // once every hold has lapsed
		low, high = max(low, all-s.lapses.within(from, st.horizon)), min(high, all)
	}
	return low, high
}

// inside bounds what was available to whoever decided inside a step's commit, at instants from one to another.
func (s *Stock) inside(st *step, from, to int64) (low, high int64) {
	low = st.available - int64(st.low) - s.lapses.within(from, st.at)
	high = st.available + int64(st.high) + s.lapses.within(st.at, to)
	return low, high
}
