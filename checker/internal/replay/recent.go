package replay

import "flashsale/internal/evidence"

// memory bounds what the machine remembers. Holds that are reserved and have not lapsed are never forgotten: the
// stock bounds them. Of the rest the newest are remembered, and so are the newest keys. What is forgotten stays in
// its product's sums, and when it changes after all, the change itself tells how it was before. What the machine
// can then not see:
//
//   - a key that comes back after as many other keys of its table;
//   - a second order of a hold that was forgotten, unless the commit changes the hold too;
//   - an event for an order that was forgotten, unless the order changes in the same commit;
//   - a change before which a forgotten row was not as the log had left it.
type memory struct {
	holds, orders queue[int64]
	keys          map[string]*recentKeys // by table
	lost          bool                   // something was forgotten
}

func newMemory(size int) *memory {
	mem := &memory{holds: newQueue[int64](size), orders: newQueue[int64](size), keys: make(map[string]*recentKeys)}
	for _, table := range []string{evidence.TableHolds, evidence.TableOrders, evidence.TableEvents} {
		mem.keys[table] = &recentKeys{ids: make(map[string]int64), queue: newQueue[string](size)}
	}
	return mem
}

// queue holds the newest values of a stream.
type queue[T any] struct {
	values []T
	size   int
	next   int
}

func newQueue[T any](size int) queue[T] { return queue[T]{size: size} }

// push adds a value; if that makes one too many, the oldest falls out.
func (q *queue[T]) push(value T) (oldest T, full bool) {
	if len(q.values) < q.size {
		q.values = append(q.values, value)
		return oldest, false
	}
	oldest, q.values[q.next] = q.values[q.next], value
	q.next = (q.next + 1) % q.size
	return oldest, true
}

// forget lets go of the rows that the commit at hand has deleted or settled. Not before its end, for it still
// points to them.
func (m *Machine) forget() {
	for i := range m.touched.holds {
		if h := m.touched.holds[i].hold; h.state == holdAbsent {
			m.holds.drop(h.id)
		} else if m.memory != nil {
			m.settle(h)
		}
	}
	for i := range m.touched.orders {
		if o := m.touched.orders[i].order; o.state == orderAbsent {
			m.orders.drop(o.id)
		} else if m.memory != nil {
			m.settleOrder(o)
		}
	}
	for _, h := range m.touched.lapsed {
		m.settle(h)
	}
}

// settle puts a hold among those that may be forgotten, if it reserves nothing any more, and with it its order,
// which may stay pending for ever.
func (m *Machine) settle(h *hold) {
	if h.alive() {
		return
	}
	if o := m.orders.find(h.order); o != nil {
		m.settleOrder(o)
	}
	if id, full := m.memory.holds.push(h.id); full {
		if oldest := m.holds.find(id); oldest != nil && !oldest.alive() {
			m.holds.drop(id)
			m.memory.lost = true
		}
	}
}

func (m *Machine) settleOrder(o *order) {
	if m.open(o) {
		return
	}
	if id, full := m.memory.orders.push(o.id); full {
		if oldest := m.orders.find(id); oldest != nil && !m.open(oldest) {
			m.orders.drop(id)
			m.memory.lost = true
		}
	}
}

// forgetful tells whether a row that is not known may have been there.
func (m *Machine) forgetful() bool { return m.memory != nil && m.memory.lost }

// open tells whether an order still waits for a payment in time.
func (m *Machine) open(o *order) bool {
	h := m.holds.find(o.hold)
	return o.state == orderPending && h != nil && h.alive()
}
