package measure

import "math"

// A timeline starts with slots of an eighth of a second: fine enough for a run of seconds.
const (
	firstSlotNS = int64(125_000_000)
	slotsMax    = 160
)

// timeline cuts the run into slots of equal width, at most slotsMax of them: where time goes on, neighbours are
// merged and the width doubles. Slots that nothing fell into do not exist.
type timeline[T comparable] struct {
	width int64 // nanoseconds
	slots [slotsMax]T
	fresh func() T
	merge func(into, from T) T
}

func newTimeline[T comparable](fresh func() T, merge func(into, from T) T) timeline[T] {
	return timeline[T]{width: firstSlotNS, fresh: fresh, merge: merge}
}

// at returns the slot of a time, in nanoseconds since the run's start. Times before it count as its start.
func (t *timeline[T]) at(ns int64) T {
	var none T
	ns = max(ns, 0)
	for ns/t.width >= slotsMax && t.width < math.MaxInt64/2 {
		t.fold()
	}
	i := min(ns/t.width, slotsMax-1)
	if t.slots[i] == none {
		t.slots[i] = t.fresh()
	}
	return t.slots[i]
}

// fold merges every two slots into one of twice the width.
func (t *timeline[T]) fold() {
	var none T
	for i := range slotsMax / 2 {
		a, b := t.slots[2*i], t.slots[2*i+1]
		t.slots[2*i], t.slots[2*i+1] = none, none
		switch {
		case a == none:
			a = b
		case b != none:
			a = t.merge(a, b)
		}
		t.slots[i] = a
	}
	t.width *= 2
}

// each calls f for every slot that something fell into, in order of time.
func (t *timeline[T]) each(f func(start int64, slot T)) {
	var none T
	for i, slot := range t.slots {
		if slot != none {
			f(int64(i)*t.width, slot)
		}
	}
}

// nines is the share that is left beyond n nines: 1 for none, 0.1 for one, 0.001 for three.
func nines(n float64) float64 { return math.Pow(10, -n) }
