package synth

import (
	"errors"
	"slices"
)

// settledUS is how old a row must be before nobody comes back to it: a hold's time to live, the lateness of
// the latest payment, and every retry on the way, several times over.
const settledUS = 15_000_000

// errTooEarly says that settledUS is too short: a fault of this package, not of anybody's data.
var errTooEarly = errors.New("somebody came back to a row that had left")

// window keeps the rows of a table that may still change, in id order, ids being 1, 2, 3, ...
type window[R any] struct {
	gone int64 // how many have left: the id before that of the first row
	rows []*R
	head int // place of the first row in rows
}

func (w *window[R]) add(row *R) (id int64) {
	w.rows = append(w.rows, row)
	return w.last()
}

// last is the newest row's id.
func (w *window[R]) last() int64 { return w.gone + int64(len(w.rows)-w.head) }

// find returns the row of an id; nil: there is none. Finding out that it has left ends the sale.
func find[R any](s *sale, w *window[R], id int64) *R {
	if id > 0 && id <= w.gone {
		s.keep(errTooEarly)
	}
	if id <= w.gone || id > w.last() {
		return nil
	}
	return w.rows[w.head+int(id-w.gone)-1]
}

// leave hands over the rows at the front that are settled.
func (w *window[R]) leave(settled func(*R) bool, each func(*R) error) error {
	for w.head < len(w.rows) && settled(w.rows[w.head]) {
		if err := each(w.rows[w.head]); err != nil {
			return err
		}
		w.rows[w.head] = nil
		w.head++
		w.gone++
	}
	if w.head > len(w.rows)/2 {
		w.rows, w.head = slices.Delete(w.rows, 0, w.head), 0
	}
	return nil
}

// retire lets rows go to the final tables that nothing can change any more; at the end, all there are.
func (s *sale) retire(all bool) {
	before := s.clock() - settledUS
	s.keep(s.holds.leave(
		func(h *hold) bool { return all || h.CreatedAt < before && !h.reserves() },
		func(h *hold) error { return s.out.holds.Append(h.Hold) }))
	s.keep(s.orders.leave(
		func(o *order) bool { return all || o.CreatedAt < before },
		func(o *order) error { return s.out.orders.Append(o.Order) }))
	s.keep(s.events.leave(
		func(e *event) bool { return all || e.CreatedAt < before },
		func(e *event) error { return s.out.events.Append(e.PaymentEvent) }))
}
