package replay

import "math/bits"

// rows holds the rows of a table by id: an open-addressing index of 4 bytes a slot over rows that never move, so
// that millions cost little more than themselves, and a pointer to one stays good until it is dropped. Ids may be
// of any size and spacing. A Go map of the same rows takes twice the memory, and moves them.
type rows[T any] struct {
	id     func(*T) int64
	slots  []uint32 // 1 + the place of a row; 0: free. Length a power of two, at most three quarters taken
	chunks [][]T
	next   uint32   // places below it have been given out
	free   []uint32 // places of dropped rows
	count  int
}

const chunkRows = 4096

func newRows[T any](id func(*T) int64) *rows[T] {
	return &rows[T]{id: id, slots: make([]uint32, 1024)}
}

// home is where the search for an id starts: Fibonacci hashing, which spreads ids in steps evenly.
func (t *rows[T]) home(id int64) int {
	shift := 64 - bits.TrailingZeros(uint(len(t.slots)))
	return int(uint64(id) * 0x9E3779B97F4A7C15 >> shift)
}

func (t *rows[T]) at(place uint32) *T { return &t.chunks[place/chunkRows][place%chunkRows] }

// slot finds the slot of an id, or the free one where it would go.
func (t *rows[T]) slot(id int64) int {
	mask := len(t.slots) - 1
	for at := t.home(id); ; at = (at + 1) & mask {
		if n := t.slots[at]; n == 0 || t.id(t.at(n-1)) == id {
			return at
		}
	}
}

// find returns the row with an id, or nil.
func (t *rows[T]) find(id int64) *T {
	if n := t.slots[t.slot(id)]; n != 0 {
		return t.at(n - 1)
	}
	return nil
}

// add puts a row in, whose id is not there yet.
func (t *rows[T]) add(row T) *T {
	if t.count >= len(t.slots)/4*3 {
		t.grow()
	}
	place := t.place()
	kept := t.at(place)
	*kept = row
	t.slots[t.slot(t.id(kept))] = place + 1
	t.count++
	return kept
}

func (t *rows[T]) place() uint32 {
	if n := len(t.free); n > 0 {
		place := t.free[n-1]
		t.free = t.free[:n-1]
		return place
	}
	if t.next%chunkRows == 0 {
		t.chunks = append(t.chunks, make([]T, chunkRows))
	}
	t.next++
	return t.next - 1
}

func (t *rows[T]) grow() {
	old := t.slots
	t.slots = make([]uint32, 2*len(old))
	for _, n := range old {
		if n != 0 {
			t.slots[t.slot(t.id(t.at(n-1)))] = n
		}
	}
}

// drop forgets a row, and closes the gap that it leaves in the run of slots it stood in.
func (t *rows[T]) drop(id int64) {
	hole := t.slot(id)
	if t.slots[hole] == 0 {
		return
	}
	t.free = append(t.free, t.slots[hole]-1)
	t.count--
	mask := len(t.slots) - 1
	for at := (hole + 1) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		home := t.home(t.id(t.at(t.slots[at] - 1)))
		if (at-home)&mask >= (at-hole)&mask {
			t.slots[hole] = t.slots[at]
			hole = at
		}
	}
	t.slots[hole] = 0
}
