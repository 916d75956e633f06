package realtime

import (
	"maps"

	"flashsale/internal/evidence"
)

const (
	lifeUS  = int64(100_000) // how long a hold lasts
	startUS = int64(1_700_000_000_000_000)
)

// world is a shop with one product at one position: the rules of the design's table, written down once more and in
// the most direct way. It shares nothing with the code under test.
type world struct {
	total, sold, held int64
	newest            int64 // decision time so far
	mean              bool  // late payments are turned away
	holds             map[int64]evidence.Image
	orders            map[int64]evidence.Image
	events            map[int64]evidence.Image
}

func newWorld(total int64) *world {
	return &world{total: total, holds: map[int64]evidence.Image{}, orders: map[int64]evidence.Image{},
		events: map[int64]evidence.Image{}}
}

func (w *world) clone() *world {
	c := *w
	c.holds, c.orders, c.events = maps.Clone(w.holds), maps.Clone(w.orders), maps.Clone(w.events)
	return &c
}

func (w *world) available(now int64) int64 {
	left := w.total - w.sold
	for _, h := range w.holds {
		if reserving(h) && h.ExpiresAt > now {
			left -= h.Qty
		}
	}
	return left
}

func reserving(h evidence.Image) bool { return h.Status == "active" || h.Status == "used" }

func keyed(rows map[int64]evidence.Image, key string) (evidence.Image, bool) {
	for _, row := range rows {
		if row.Key == key {
			return row, true
		}
	}
	return evidence.Image{}, false
}

func (w *world) orderOf(hold int64) (evidence.Image, bool) {
	for _, o := range w.orders {
		if o.HoldID == hold {
			return o, true
		}
	}
	return evidence.Image{}, false
}

// setHold changes a hold's status at a time, and the counter with it.
func (w *world) setHold(h evidence.Image, status string, now int64) {
	was := reserving(h)
	h.Status, h.UpdatedAt = status, now
	if was && !reserving(h) {
		w.held -= h.Qty
	}
	w.holds[h.ID] = h
}

func (w *world) setOrder(o evidence.Image, status string, now int64) {
	if o.Status != status {
		o.Status, o.UpdatedAt = status, now
		w.orders[o.ID] = o
	}
}
