package replay

// lapses are the reserved holds of a product by expires_at, as a heap: the earliest first. A hold that is settled
// before it lapses stays in the queue; such entries are cleared away when they are the greater part, so that the
// queue grows with the holds that are reserved and not with those that were.
type lapses struct {
	entries []lapse
	alive   int // how many holds are reserved and have not lapsed
}

type lapse struct{ at, hold int64 }

const lapsesMin = 1024 // entries below which clearing away is not worth it

// push adds an entry. Holds are granted for equal times, so most entries are the latest yet and stay at the end.
func (q *lapses) push(l lapse) {
	q.entries = append(q.entries, l)
	for i := len(q.entries) - 1; i > 0; {
		parent := (i - 1) / 2
		if q.entries[parent].at <= q.entries[i].at {
			return
		}
		q.entries[parent], q.entries[i] = q.entries[i], q.entries[parent]
		i = parent
	}
}

// pop removes the earliest entry.
func (q *lapses) pop() {
	last := len(q.entries) - 1
	q.entries[0] = q.entries[last]
	q.entries = q.entries[:last]
	q.sink(0)
}

func (q *lapses) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.entries); child++ {
			if q.entries[child].at < q.entries[least].at {
				least = child
			}
		}
		if least == i {
			return
		}
		q.entries[i], q.entries[least] = q.entries[least], q.entries[i]
		i = least
	}
}

// enqueue has a hold lapse when its time comes.
func (m *Machine) enqueue(p *product, h *hold) {
	q := &p.queue
	if len(q.entries) >= 2*q.alive+lapsesMin {
		m.clearAway(q)
	}
	q.push(lapse{h.expires, h.id})
}

func (m *Machine) clearAway(q *lapses) {
	kept := q.entries[:0]
	for _, l := range q.entries {
		if h := m.holds.find(l.hold); h != nil && h.alive() && h.expires == l.at {
			kept = append(kept, l)
		}
	}
	q.entries = kept
	for i := len(kept)/2 - 1; i >= 0; i-- {
		q.sink(i)
	}
}

// advance takes a product to the time of a decision, and lets every hold lapse that has expired by then: its stock
// is free at expires_at itself. Times that were decided elsewhere, or without the product's lock, may come out of
// order; time never goes back, for a decision lies before its commit.
func (m *Machine) advance(p *product, at int64) {
	p.now = max(p.now, at)
	for len(p.queue.entries) > 0 && p.queue.entries[0].at <= p.now {
		h := m.holds.find(p.queue.entries[0].hold)
		p.queue.pop()
		if h == nil || !h.alive() || h.product != p.place || !m.lapsedBy(p, h.expires) {
			continue
		}
		p.count(h, -1)
		h.lapsed = true
		p.count(h, 1)
		if m.memory != nil {
			m.touched.lapsed = append(m.touched.lapsed, h)
		}
	}
}

// lapsedBy tells whether a hold that expires then has lapsed by its product's time.
func (m *Machine) lapsedBy(p *product, expires int64) bool {
	return m.options.Timed && expires <= p.now
}
