package replay

// rows holds the rows of a table by id. Rows never move, so that millions cost little more than themselves, and a
// pointer to one stays good until it is dropped. Ids may be of any size and spacing. A Go map of the same rows takes
// twice the memory, and moves them.
type rows[T any] struct {
	store store[T]
	pages pages
	last  *page // the one asked for last: rows that were made together change together
	count int
}

func newRows[T any]() *rows[T] { return &rows[T]{pages: newPages()} }

// page finds the page of an id, or nil.
func (t *rows[T]) page(id int64) *page {
	number := id >> pageBits
	if t.last == nil || t.last.number != number {
		t.last = t.pages.find(number)
	}
	return t.last
}

// find returns the row with an id, or nil.
func (t *rows[T]) find(id int64) *T {
	if p := t.page(id); p != nil {
		if n := p.places[id&(pageLen-1)]; n != 0 {
			return t.store.at(n - 1)
		}
	}
	return nil
}

// add puts a row in, whose id is not there yet.
func (t *rows[T]) add(id int64, row T) *T {
	p := t.page(id)
	if p == nil {
		p = t.pages.add(id >> pageBits)
		t.last = p
	}
	place := t.store.take()
	kept := t.store.at(place)
	*kept = row
	p.places[id&(pageLen-1)] = place + 1
	p.count++
	t.count++
	return kept
}

// drop forgets a row.
func (t *rows[T]) drop(id int64) {
	p := t.page(id)
	if p == nil || p.places[id&(pageLen-1)] == 0 {
		return
	}
	t.store.give(p.places[id&(pageLen-1)] - 1)
	p.places[id&(pageLen-1)] = 0
	t.count--
	if p.count--; p.count == 0 {
		t.pages.drop(p.number)
		t.last = nil
	}
}

const chunkRows = 4096

// store keeps things where they are put.
type store[T any] struct {
	chunks [][]T
	next   uint32   // places below it have been given out
	free   []uint32 // and these of them were given back
}

func (s *store[T]) at(place uint32) *T { return &s.chunks[place/chunkRows][place%chunkRows] }

// take gives out a place.
func (s *store[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		place := s.free[n-1]
		s.free = s.free[:n-1]
		return place
	}
	if s.next%chunkRows == 0 {
		s.chunks = append(s.chunks, make([]T, chunkRows))
	}
	s.next++
	return s.next - 1
}

// give takes a place back.
func (s *store[T]) give(place uint32) { s.free = append(s.free, place) }
