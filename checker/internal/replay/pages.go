package replay

import "math/bits"

const (
	pageBits = 4
	pageLen  = 1 << pageBits
)

// page says where the rows of some neighbouring ids are. Databases hand ids out in sequence, or in small steps, so
// that a page is mostly full, and what a storm of changes looks up is mostly in the processor's cache.
type page struct {
	number int64           // of its ids, without their last bits
	places [pageLen]uint32 // 1 + the place of a row; 0: there is none
	count  int
}

// pages is an open-addressing index of 4 bytes a slot over pages that never move.
type pages struct {
	store store[page]
	slots []uint32 // 1 + the place of a page; 0: free. Length a power of two, at most three quarters taken
	count int
}

func newPages() pages { return pages{slots: make([]uint32, 128)} }

// home is where the search for a page starts: Fibonacci hashing, which spreads numbers in steps evenly.
func (t *pages) home(number int64) int {
	shift := 64 - bits.TrailingZeros(uint(len(t.slots)))
	return int(uint64(number) * 0x9E3779B97F4A7C15 >> shift)
}

// slot finds the slot of a page, or the free one where it would go.
func (t *pages) slot(number int64) int {
	mask := len(t.slots) - 1
	for at := t.home(number); ; at = (at + 1) & mask {
		if n := t.slots[at]; n == 0 || t.store.at(n-1).number == number {
			return at
		}
	}
}

// find returns the page with a number, or nil.
func (t *pages) find(number int64) *page {
	if n := t.slots[t.slot(number)]; n != 0 {
		return t.store.at(n - 1)
	}
	return nil
}

// add puts an empty page in, whose number is not there yet.
func (t *pages) add(number int64) *page {
	if t.count >= len(t.slots)/4*3 {
		t.grow()
	}
	place := t.store.take()
	added := t.store.at(place)
	*added = page{number: number}
	t.slots[t.slot(number)] = place + 1
	t.count++
	return added
}

func (t *pages) grow() {
	old := t.slots
	t.slots = make([]uint32, 2*len(old))
	for _, n := range old {
		if n != 0 {
			t.slots[t.slot(t.store.at(n-1).number)] = n
		}
	}
}

// drop forgets a page that is there, and closes the gap that it leaves in the run of slots it stood in.
func (t *pages) drop(number int64) {
	hole := t.slot(number)
	t.store.give(t.slots[hole] - 1)
	t.count--
	mask := len(t.slots) - 1
	for at := (hole + 1) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		home := t.home(t.store.at(t.slots[at] - 1).number)
		if (at-home)&mask >= (at-hole)&mask {
			t.slots[hole] = t.slots[at]
			hole = at
		}
	}
	t.slots[hole] = 0
}
