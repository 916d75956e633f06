package replay

import (
	"strconv"

	"flashsale/internal/evidence"
)

// order is what is remembered of a row of orders: 32 bytes, without a pointer.
type order struct {
	id, hold      int64
	last          int64      // position of the commit that concerned it last; 0: it was seeded
	touched       uint32     // where that commit's list has it
	state, before orderState // before: as that commit found it
}

// touchedOrder is an order that the commit at hand changes or stores events for.
type touchedOrder struct {
	*order
	earlier int64           // position of the commit that concerned it before
	row     *evidence.Image // as the commit leaves it; nil if it changes only others
	event   *evidence.Image // one of its events that the commit stores; nil if there is none
	events  Tally           // all of them
	foreign bool            // one of them has an outcome that its payment cannot have
}

// changeOrder takes over a change of a row of orders. What it means is judged when the whole commit is known.
func (m *Machine) changeOrder(c *evidence.Change) {
	m.exercised[legalTransitions]++
	if c.Before.ID == 0 {
		m.insertOrder(&c.After)
		return
	}
	o := m.rememberOrder(&c.Before)
	if o == nil {
		return
	}
	t := m.touchOrder(o)
	if c.After.ID == 0 {
		m.deleteOrder(t, &c.Before)
		return
	}
	m.countPaid(o, &c.Before, -1)
	if !sameOrder(&c.Before, &c.After) {
		m.accuse(legalTransitions, Finding{
			What: "A commit changed an order's product, hold, qty, total_price, created_at or key.",
			IDs:  o.ids(), Expected: describeOrder(&c.Before), Found: describeOrder(&c.After)}, t.earlier)
		o.hold = c.After.HoldID
	}
	t.row, o.state = &c.After, parseOrder(c.After.Status)
	m.countPaid(o, &c.After, 1)
}

func (m *Machine) deleteOrder(t *touchedOrder, row *evidence.Image) {
	if over := t.state == orderPaid || t.state == orderCanceled; over && m.options.Pruned {
		t.state = orderAbsent
		return
	}
	m.countPaid(t.order, row, -1)
	t.state = orderAbsent
	m.accuse(legalTransitions, Finding{What: "A commit deleted an order.", IDs: t.ids(),
		Expected: "rows that stay", Found: "none"}, t.earlier)
}

func (m *Machine) insertOrder(row *evidence.Image) {
	o := m.orders.find(row.ID)
	if o != nil && o.state != orderAbsent {
		m.miss("commit %d inserts order %d, which is there", m.position, row.ID)
		return
	}
	if o == nil {
		o = m.orders.add(row.ID, order{id: row.ID})
	}
	m.touchOrder(o).row = row
	o.hold, o.state = row.HoldID, parseOrder(row.Status)
	m.countPaid(o, row, 1)
	m.judgeKey(evidence.TableOrders, row)
}

// rememberOrder finds the order that is about to change. One that was forgotten is taken as the change has it.
func (m *Machine) rememberOrder(before *evidence.Image) *order {
	o, state := m.orders.find(before.ID), parseOrder(before.Status)
	switch {
	case o == nil && m.forgetful():
		return m.orders.add(before.ID, order{id: before.ID, hold: before.HoldID, state: state})
	case o == nil || o.state != state || o.hold != before.HoldID:
		m.miss("commit %d changes order %d, which the log left otherwise", m.position, before.ID)
		return nil
	}
	return o
}

// touchOrder notes how the commit at hand finds an order, before it changes anything of it.
func (m *Machine) touchOrder(o *order) *touchedOrder {
	if o.last != m.position {
		m.touched.orders = append(m.touched.orders, touchedOrder{order: o, earlier: o.last})
		o.before, o.last, o.touched = o.state, m.position, uint32(len(m.touched.orders)-1)
	}
	return &m.touched.orders[o.touched]
}

// countPaid adds an order to what its product has sold, or takes it out, if it is paid.
func (m *Machine) countPaid(o *order, row *evidence.Image, sign int64) {
	p := m.product(row.ProductID)
	if p == nil {
		m.miss("commit %d changes order %d, whose product is not there", m.position, o.id)
		return
	}
	m.touch(p)
	if o.state == orderPaid {
		p.paid += sign * row.Qty
	}
}

// sameOrder tells whether the columns that never change are the same in both images.
func sameOrder(a, b *evidence.Image) bool {
	return a.ID == b.ID && a.ProductID == b.ProductID && a.HoldID == b.HoldID && a.Qty == b.Qty &&
		a.TotalPrice == b.TotalPrice && a.CreatedAt == b.CreatedAt && a.Key == b.Key
}

func describeOrder(row *evidence.Image) string {
	return "product " + number(row.ProductID) + ", hold " + number(row.HoldID) + ", qty " + number(row.Qty) +
		", total_price " + number(row.TotalPrice) + ", created_at " + number(row.CreatedAt) +
		", key " + strconv.Quote(row.Key)
}

func (o *order) ids() ids { return ids{"order_id": o.id, "hold_id": o.hold} }
