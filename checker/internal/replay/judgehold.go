package replay

import "flashsale/internal/evidence"

// judgeGrant asks whether a new hold lapses when it should.
func (m *Machine) judgeGrant(h *hold, row *evidence.Image) {
	ttl := m.options.TTLUS
	if !m.options.Timed || ttl == 0 {
		return
	}
	m.exercised[expiryHonoured]++
	if off := row.ExpiresAt - row.CreatedAt - ttl; off != 0 {
		m.accuse(expiryHonoured, Finding{What: "A commit granted a hold for other than its time to live.",
			IDs: m.holdIDs(h), Severity: max(off, -off),
			Expected: number(ttl) + " us", Found: number(ttl+off) + " us"})
	}
}

// judgeExpired asks whether a hold had lapsed when it was called expired.
func (m *Machine) judgeExpired(h *hold, row *evidence.Image, earlier int64) {
	if !m.options.Timed {
		return
	}
	m.exercised[expiryHonoured]++
	if early := h.expires - row.UpdatedAt; early > 0 {
		m.accuse(expiryHonoured, Finding{What: "A commit expired a hold before its time.",
			IDs: m.holdIDs(h), Severity: early,
			Expected: "not expired before expires_at", Found: "expired " + number(early) + " us before it"}, earlier)
	}
}

// judgeHold asks whether a hold's change is a path of the table, and whether the hold goes with its order. With an
// order that the commit touches, too, it has been judged already: two findings for one pair are one too many.
func (m *Machine) judgeHold(t *touchedHold) {
	h := t.hold
	if h.state == h.before || h.state == holdAbsent {
		return
	}
	if !h.before.mayBecome(h.state) {
		m.accuse(legalTransitions, Finding{What: "A commit changed a hold's status as the shop's table does not allow.",
			IDs: m.holdIDs(h), Expected: "a status that may follow " + h.before.String(), Found: h.state.String()}, t.earlier)
		return
	}
	switch o := m.orders.find(h.order); {
	case h.order == 0 && h.state != holdActive && h.state != holdExpired:
		m.accuse(legalTransitions, Finding{What: "A commit left a hold without an order in a state that only an order leads to.",
			IDs: m.holdIDs(h), Expected: "a hold that is active or expired", Found: h.state.String()}, t.earlier)
	case o != nil && o.last != m.position:
		m.judgePair(o, h, t.earlier, o.last)
	}
}

// judgePair asks whether the states of an order and its hold go together.
func (m *Machine) judgePair(o *order, h *hold, earlier ...int64) {
	if h.crowded || o.state == orderForeign || goTogether(o.state, h, m.options.Timed) {
		return
	}
	m.accuse(legalTransitions, Finding{What: "A commit left an order and its hold in states that do not go together.",
		IDs:      ids{"order_id": o.id, "hold_id": h.id},
		Expected: "a hold that goes with an order that is " + o.state.String(),
		Found:    "a hold that is " + h.state.String()}, earlier...)
}

// goTogether is the table's account of an order and its hold. A success that comes too late and is refunded
// cancels the order and leaves the hold, which has lapsed, to the sweep.
func goTogether(o orderState, h *hold, timed bool) bool {
	switch o {
	case orderPending:
		return h.state == holdUsed || h.state == holdExpired
	case orderCanceled:
		return h.state == holdCanceled || h.state == holdExpired || h.state == holdUsed && (h.lapsed || !timed)
	case orderPaid:
		return h.state == holdCompleted
	}
	return true
}
