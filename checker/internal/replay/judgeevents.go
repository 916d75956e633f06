package replay

// judgeEvents asks whether the events that a commit stores for an order lead from the status in which it was to
// the one in which it is, and whether a payment brought its hold along. It answers whether event and effects
// belong together, so that no second finding says the same.
func (m *Machine) judgeEvents(t *touchedOrder, h *hold) (atomic bool) {
	if !m.keeps.outcomes || t.foreign {
		return true
	}
	from := max(t.before, orderPending) // a new order starts there
	if t.events == (Tally{}) && t.state == from {
		return true
	}
	m.exercised[eventAtomic]++
	to := reach(from, t.events, m.gone(h))
	switch {
	case to == 0:
		m.accuse(legalTransitions, t.eventFinding(
			"A commit stored a payment event with an outcome that the order's status does not allow.",
			"an outcome that is legal for an order that is "+from.String(), t.event.Outcome), t.earlier)
	case to.has(t.state):
		return m.judgeCompleted(t, h)
	case t.event == nil:
		m.accuse(eventAtomic, Finding{What: "A commit changed an order's status without a payment event.",
			IDs: t.ids(), Expected: from.String(), Found: t.state.String()}, t.earlier)
	default:
		m.accuse(eventAtomic, t.eventFinding("A commit stored a payment event without its effect on the order.",
			"an order that is "+to.String(), "an order that is "+t.state.String()), t.earlier)
	}
	return false
}

// gone tells whether a reservation may not have been in force when the commit was decided. What two orders share
// was each one's to lose.
func (m *Machine) gone(h *hold) bool {
	return !m.options.Timed || h == nil || h.crowded || !m.foundAs(h).reserves() || h.expires <= m.at
}

// judgeCompleted asks whether the hold of an order that was paid was completed with it.
func (m *Machine) judgeCompleted(t *touchedOrder, h *hold) bool {
	if t.state != orderPaid || t.before == orderPaid || h == nil || h.crowded || h.state == holdCompleted {
		return true
	}
	m.accuse(eventAtomic, t.eventFinding("A commit paid an order without completing its hold.",
		"a hold that is completed", "a hold that is "+h.state.String()), t.earlier)
	return false
}

// eventFinding is a finding about one of the events that the commit stores for the order.
func (t *touchedOrder) eventFinding(what, expected, found string) Finding {
	values := eventValues(t.event)
	return Finding{What: what, IDs: ids{"order_id": t.id, "hold_id": t.hold, "event_id": t.event.ID},
		Values: values, Expected: expected, Found: found}
}
