package replay

import (
	"math/bits"

	"flashsale/internal/evidence"
)

// judgeOrder asks what a commit did to an order: where it comes from, whether its payment events lead to where it
// is, and whether it goes with its hold.
func (m *Machine) judgeOrder(t *touchedOrder) {
	h := m.holds.find(t.hold)
	if t.before == orderAbsent && t.state != orderAbsent {
		m.judgeOrigin(t, h)
		m.judgePrice(t)
	}
	if t.state == orderAbsent {
		return
	}
	if t.state != t.before && !t.before.mayBecome(t.state) {
		m.accuse(legalTransitions, Finding{What: "A commit changed an order's status as the shop's table does not allow.",
			IDs: t.ids(), Expected: "a status that may follow " + t.before.String(), Found: t.state.String()}, t.earlier)
		return
	}
	atomic := m.judgeEvents(t, h)
	if h == nil || !atomic {
		return
	}
	if t.events[effectPaid] > 0 && t.events[effectCanceled] > 0 {
		m.products[h.product].entry.hidden += h.qty
	}
	if t.state != t.before || h.last == m.position && h.state != h.before {
		m.judgePair(t.order, h, t.earlier)
	}
}

// judgeOrigin asks whether a new order's hold was there to be ordered.
func (m *Machine) judgeOrigin(t *touchedOrder, h *hold) {
	m.exercised[holdUsedOnce]++
	if h == nil {
		if !m.forgetful() {
			m.accuse(holdUsedOnce, Finding{What: "A commit made an order from a hold that does not exist.",
				IDs: t.ids(), Expected: "a hold with this id", Found: "none"})
		}
		return
	}
	m.judgeInTime(t, h)
	found := m.foundAs(h)
	switch {
	case h.order > 0 && h.order != t.id:
		f := Finding{What: "A commit ordered a hold that had an order.", IDs: t.ids(),
			Expected: "one order, " + number(h.order), Found: "another, " + number(t.id)}
		h.crowded = true
		m.accuse(holdUsedOnce, f, m.positionOf(h.order))
		return
	case found != holdActive && found != holdAbsent:
		m.accuse(holdUsedOnce, Finding{What: "A commit ordered a hold that was not active.", IDs: t.ids(),
			Expected: "a hold that is active", Found: "a hold that was " + found.String()})
	}
	h.order = t.id
	if p := m.products[h.product]; p.id != t.row.ProductID || h.qty != t.row.Qty {
		m.accuse(legalTransitions, Finding{What: "A commit made an order for other than its hold reserved.", IDs: t.ids(),
			Expected: "product " + number(p.id) + ", qty " + number(h.qty),
			Found:    "product " + number(t.row.ProductID) + ", qty " + number(t.row.Qty)})
	}
}

func (m *Machine) positionOf(order int64) int64 {
	if o := m.orders.find(order); o != nil {
		return o.last
	}
	return 0
}

// judgeInTime asks whether a new order was decided before its hold lapsed.
func (m *Machine) judgeInTime(t *touchedOrder, h *hold) {
	if !m.options.Timed {
		return
	}
	m.exercised[expiryHonoured]++
	late := t.row.CreatedAt - h.expires
	if late < 0 {
		return
	}
	f := Finding{What: "A commit ordered a hold that had lapsed.", IDs: t.ids(), Severity: late,
		Expected: "an order before expires_at", Found: number(late) + " us after it"}
	m.accuse(expiryHonoured, f)
	m.accuse(holdUsedOnce, f)
}

// judgePrice multiplies. An order may have read the price just before it was changed and been committed just
// after: the price before the last change counts as well.
func (m *Machine) judgePrice(t *touchedOrder) {
	p := m.product(t.row.ProductID)
	m.exercised[priceExact]++
	if exact(t.row, p.price) || exact(t.row, p.formerPrice) {
		return
	}
	m.accuse(priceExact, Finding{What: "A commit made an order whose total is not price x qty.", IDs: t.ids(),
		Expected: number(p.price) + " x " + number(t.row.Qty), Found: number(t.row.TotalPrice)})
}

// exact tells whether total = price x qty, without overflow.
func exact(row *evidence.Image, price int64) bool {
	if row.TotalPrice < 0 || price < 0 || row.Qty < 0 {
		return false
	}
	high, low := bits.Mul64(uint64(price), uint64(row.Qty))
	return high == 0 && low == uint64(row.TotalPrice)
}
