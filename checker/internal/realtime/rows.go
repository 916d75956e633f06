package realtime

import (
	"slices"

	"flashsale/checker/internal/history"
)

// States is a set of states of a row: bit n stands for state n. State 0 is that of a row that is not there.
type States uint16

// Absent is the state of a row that is not there (yet, or any more).
const Absent = uint8(0)

// StateSet is the set of the given states.
func StateSet[S ~uint8](states ...S) (set States) {
	for _, s := range states {
		set |= 1 << s
	}
	return set
}

// Has tells whether a state is in the set.
func (s States) Has(state uint8) bool { return s&(1<<state) != 0 }

// Rows knows the state of every row of a table at every position.
type Rows struct {
	first   int64
	dense   []uint32 // by id - first: the number of the row's last change, plus one
	sparse  map[int64]uint32
	changes history.List[change]
}

// change is a new state of a row. A row has few of them, linked from the last to the first.
type change struct {
	position Position
	before   uint32 // the number of the row's previous change, plus one; 0: none
	state    uint8
}

// denseSlack is how far beyond eight times the rows so far a table of ids may reach: databases leave gaps.
const denseSlack = 1 << 16

// Set records a row's state from a position on. Positions must not decrease from one call to the next.
func (r *Rows) Set(id int64, position Position, state uint8) {
	head := r.head(id)
	r.changes.Add(change{position, head, state})
	r.setHead(id, uint32(r.changes.Len()))
}

func (r *Rows) head(id int64) uint32 {
	if at := id - r.first; at >= 0 && at < int64(len(r.dense)) && r.dense[at] != 0 {
		return r.dense[at]
	}
	return r.sparse[id]
}

func (r *Rows) setHead(id int64, head uint32) {
	if r.changes.Len() == 1 {
		r.first = id
	}
	at := id - r.first
	if _, odd := r.sparse[id]; odd || at < 0 || at >= 8*int64(r.changes.Len())+denseSlack {
		if r.sparse == nil {
			r.sparse = make(map[int64]uint32)
		}
		r.sparse[id] = head
		return
	}
	for int64(len(r.dense)) <= at {
		r.dense = append(r.dense, 0)
	}
	r.dense[at] = head
}

// Inserted is the position at which a row came to be: 0 if it was there when the log began, Never if there was no
// such row at any time.
func (r *Rows) Inserted(id int64) Position {
	position := Never
	for n := r.head(id); n != 0; {
		c := r.changes.At(n - 1)
		if c.state != Absent {
			position = c.position
		}
		n = c.before
	}
	return position
}

// State is a row's state at a position.
func (r *Rows) State(id int64, at Position) uint8 {
	for n := r.head(id); n != 0; {
		c := r.changes.At(n - 1)
		if c.position <= at {
			return c.state
		}
		n = c.before
	}
	return Absent
}

// First is the least position of a window at which a row is in one of the wanted states.
func (r *Rows) First(id int64, w Window, wanted States) (Position, bool) {
	return r.find(id, w, wanted, nil)
}

// FirstInside allows for a decision inside a commit, too: between tells the states that a transaction may have
// met on its way from one to another. Such a decision has seen at least what was before its commit.
func (r *Rows) FirstInside(id int64, w Window, wanted States, between func(from, to uint8) States) (Position, bool) {
	return r.find(id, w, wanted, between)
}

// find goes back through the changes, so that the last position which it finds is the least.
func (r *Rows) find(id int64, w Window, wanted States, between func(from, to uint8) States) (at Position, ok bool) {
	end := Never // the state of c ends before it
	n := r.head(id)
	for n != 0 && end > w.Low {
		c := r.changes.At(n - 1)
		if wanted.Has(c.state) && max(c.position, w.Low) <= w.High && max(c.position, w.Low) < end {
			at, ok = max(c.position, w.Low), true
		}
		if between != nil && c.position > w.Low && c.position <= w.High && wanted&between(r.stateBefore(c), c.state) != 0 {
			at, ok = c.position-1, true
		}
		end, n = c.position, c.before
	}
	if n == 0 && end > w.Low && wanted.Has(Absent) && !w.Empty() {
		at, ok = w.Low, true
	}
	return at, ok
}

func (r *Rows) stateBefore(c *change) uint8 {
	if c.before == 0 {
		return Absent
	}
	return r.changes.At(c.before - 1).state
}

// Positions lists the commits that changed a row up to the end of a window, a few of them.
func (r *Rows) Positions(id int64, w Window) (list []Position) {
	for n := r.head(id); n != 0; {
		c := r.changes.At(n - 1)
		if c.position <= w.High {
			list = append(list, c.position)
		}
		n = c.before
	}
	slices.Reverse(list)
	return few(list)
}
