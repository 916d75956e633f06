package replay

import (
	"strconv"

	"flashsale/internal/evidence"
)

// hold is what is remembered of a row of holds: 48 bytes, without a pointer.
type hold struct {
	id, expires, qty int64
	last             int64     // position of the commit that changed it last; 0: it was seeded
	order            int64     // id of its first order; 0: none, forgotten: nobody remembers
	product          uint32    // its product's place
	state, before    holdState // before: as the commit `last` found it
	lapsed           bool      // it was reserved, and reserves nothing any more
	crowded          bool      // it has more than one order
}

// forgotten is the id of an order that a hold may have had before the machine forgot the hold.
const forgotten = -1

// touchedHold is a hold that the commit at hand changes.
type touchedHold struct {
	*hold
	earlier int64 // position of the commit that changed it before
}

// foundAs is the state in which the commit at hand found the hold.
func (m *Machine) foundAs(h *hold) holdState {
	if h.last == m.position {
		return h.before
	}
	return h.state
}

// takes is how much of its product's stock the hold has, sold or reserved.
func (h *hold) takes() int64 {
	if h.state == holdCompleted || h.alive() {
		return h.qty
	}
	return 0
}

// changeHold takes over a change of a row of holds, and judges what the row alone tells.
func (m *Machine) changeHold(c *evidence.Change) {
	m.exercised[legalTransitions]++
	if c.Before.ID == 0 {
		m.insertHold(&c.After)
		return
	}
	h := m.rememberHold(&c.Before)
	if h == nil {
		return
	}
	earlier := h.last
	m.touchHold(h)
	if c.After.ID == 0 {
		if h.state.reserves() || !m.options.Pruned {
			m.accuse(legalTransitions, Finding{What: "A commit deleted a hold.", IDs: m.holdIDs(h),
				Expected: "rows that stay", Found: "none"}, earlier)
		}
		m.setHold(h, holdAbsent)
		return
	}
	if !sameHold(&c.Before, &c.After) {
		m.alterHold(h, c, earlier)
	}
	next := parseHold(c.After.Status)
	if next == holdExpired && h.state != holdExpired {
		m.judgeExpired(h, &c.After, earlier)
	}
	m.setHold(h, next)
}

func (m *Machine) insertHold(row *evidence.Image) {
	p := m.product(row.ProductID)
	h := m.holds.find(row.ID)
	if p == nil || h != nil && h.state != holdAbsent {
		m.miss("commit %d inserts hold %d, whose product is not there, or which is there itself", m.position, row.ID)
		return
	}
	if h == nil {
		h = m.holds.add(row.ID, hold{id: row.ID})
	}
	h.product, h.qty, h.expires = p.place, row.Qty, row.ExpiresAt
	m.touchHold(h)
	m.setHold(h, parseHold(row.Status))
	if h.takes() == 0 {
		p.entry.hidden += h.qty
	}
	m.judgeGrant(h, row)
	m.judgeKey(evidence.TableHolds, row)
}

// alterHold reports a change of columns that never change, and takes them over, lest it be found again and again.
func (m *Machine) alterHold(h *hold, c *evidence.Change, earlier int64) {
	m.accuse(legalTransitions, Finding{What: "A commit changed a hold's product, qty, expires_at, created_at or key.",
		IDs: m.holdIDs(h), Expected: describeHold(&c.Before), Found: describeHold(&c.After)}, earlier)
	m.setHold(h, holdAbsent)
	h.qty, h.expires = c.After.Qty, c.After.ExpiresAt
	if p := m.product(c.After.ProductID); p != nil {
		h.product = p.place
		m.touch(p)
	}
}

// rememberHold finds the hold that is about to change. One that was forgotten is taken as the change has it: it
// was settled, and is in its product's sums as it should be.
func (m *Machine) rememberHold(before *evidence.Image) *hold {
	h, state := m.holds.find(before.ID), parseHold(before.Status)
	if h != nil {
		if h.state == state && m.products[h.product].id == before.ProductID && h.qty == before.Qty &&
			h.expires == before.ExpiresAt {
			return h
		}
		m.miss("commit %d changes hold %d, which the log left otherwise", m.position, before.ID)
		return nil
	}
	p := m.product(before.ProductID)
	if p == nil || !m.forgetful() || state.reserves() && !m.lapsedBy(p, before.ExpiresAt) {
		m.miss("commit %d changes hold %d, which no commit inserted", m.position, before.ID)
		return nil
	}
	return m.holds.add(before.ID, hold{id: before.ID, product: p.place, qty: before.Qty, expires: before.ExpiresAt,
		state: state, lapsed: state.reserves(), order: forgotten})
}

// touchHold notes how the commit at hand finds a hold and its product, before it changes them.
func (m *Machine) touchHold(h *hold) {
	m.touch(m.products[h.product])
	if h.last == m.position {
		return
	}
	m.touched.holds = append(m.touched.holds, touchedHold{h, h.last})
	h.before, h.last = h.state, m.position
}

// setHold gives a hold a state, and its product the sums that go with it.
func (m *Machine) setHold(h *hold, next holdState) {
	p := m.products[h.product]
	took, was, alive := h.takes(), h.state, h.alive()
	p.count(h, -1)
	h.state = next
	h.lapsed = next.reserves() && m.lapsedBy(p, h.expires)
	p.count(h, 1)
	if h.alive() && !alive {
		m.enqueue(p, h)
	}
	p.entry.gain(took - h.takes())
	switch {
	case was != holdCompleted && next == holdCompleted:
		p.entry.completed += h.qty
	case was == holdCompleted && next != holdCompleted:
		p.entry.completed -= h.qty
	}
}

// alive tells whether the hold is reserved and has not lapsed.
func (h *hold) alive() bool { return h.state.reserves() && !h.lapsed }

// count adds a hold to its product's sums, or takes it out of them.
func (p *product) count(h *hold, sign int64) {
	switch {
	case !h.state.reserves():
		return
	case h.lapsed:
		p.lapsed += sign * h.qty
	default:
		p.queue.alive += int(sign)
	}
	p.held += sign * h.qty
}

// sameHold tells whether the columns that never change are the same in both images.
func sameHold(a, b *evidence.Image) bool {
	return a.ID == b.ID && a.ProductID == b.ProductID && a.Qty == b.Qty && a.ExpiresAt == b.ExpiresAt &&
		a.CreatedAt == b.CreatedAt && a.Key == b.Key
}

func describeHold(row *evidence.Image) string {
	return "product " + number(row.ProductID) + ", qty " + number(row.Qty) + ", expires_at " + number(row.ExpiresAt) +
		", created_at " + number(row.CreatedAt) + ", key " + strconv.Quote(row.Key)
}

func (m *Machine) holdIDs(h *hold) ids {
	return ids{"hold_id": h.id, "product_id": m.products[h.product].id}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
