package checker

import (
	"strconv"

	"flashsale/internal/evidence"
)

// legalTransitions replays every order's events through the shop's table and compares where they lead with
// the rows, then looks whether buyers ever saw an order or a hold go backwards.
//
// The replay: events of one order are decided under its product's lock, so their times are in commit order;
// events of the same instant may have any order (see reach), and where times cannot be compared all events
// are one such group. An order ends in the one status its events lead to, and its hold in one that goes with
// it: completed if and only if paid; `used` with a canceled order only if it had lapsed, for the sweep has
// not come yet.
//
// What was seen: pending < canceled < paid, and active < used < expired, canceled < completed: no transition
// leads down, whatever the table's path. An answer that returned before another call was decided before it.
//
// It cannot see steps of holds between two looks, nor which of two events of one instant came first.
func legalTransitions() check {
	return check{
		name:    "legal-transitions",
		promise: "Every change is a path of the shop's transition table, and paid is final.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			f.exercised = int64(len(ix.final.Holds) + len(ix.final.Orders) + len(ix.final.Events))
			for i := range ix.final.Orders {
				o := &ix.final.Orders[i]
				if ix.has("payment_events.outcome") {
					judgeReplay(ix, f, o)
				}
				judgeOrderAndHold(ix, f, o)
			}
			for i := range ix.final.Holds {
				judgeLoneHold(ix, f, &ix.final.Holds[i])
			}
			judgeSeen(ix, f)
		},
	}
}

// judgeReplay takes one order through its events.
func judgeReplay(ix *index, f *findings, o *evidence.Order) {
	events, at := ix.eventsOf.of(o.ID), maybePending
	for len(events) > 0 {
		n := 1
		for n < len(events) && (!ix.timed || events[n].CreatedAt == events[0].CreatedAt) {
			n++
		}
		group := events[:n]
		events = events[n:]
		var count tally
		for _, e := range group {
			x, ok := effectOf(e)
			if !ok {
				f.violate("A payment event has an outcome that its status cannot have.",
					eventCase(o, e, "an outcome of a "+e.Payment, e.Outcome), ix.showOrder(o))
				return
			}
			count[x]++
		}
		h := ix.holds[o.HoldID]
		lapsed := !ix.timed || h == nil || group[0].CreatedAt >= h.ExpiresAt
		next := reach(at, count, lapsed)
		if next == 0 {
			f.violate("A payment event had an outcome that the order's status at that time does not allow.",
				eventCase(o, group[0], "an outcome that is legal for an order that is "+at.String(), group[0].Outcome),
				ix.showOrder(o))
			return
		}
		at = next
	}
	if !at.has(o.Status) {
		f.violate("An order's status is not where its payment events lead.", Case{
			AtUS: o.UpdatedAt, IDs: map[string]int64{"order_id": o.ID, "hold_id": o.HoldID},
			Expected: at.String(), Found: o.Status,
		}, ix.showOrder(o))
	}
}

func eventCase(o *evidence.Order, e *evidence.PaymentEvent, expected, found string) Case {
	return Case{
		AtUS:     e.CreatedAt,
		IDs:      map[string]int64{"order_id": o.ID, "event_id": e.ID},
		Values:   map[string]string{"payment": e.Payment, "idempotency_key": e.Key},
		Expected: expected, Found: found,
	}
}

// judgeOrderAndHold asks whether the final states of an order and its hold go together.
func judgeOrderAndHold(ix *index, f *findings, o *evidence.Order) {
	h := ix.holds[o.HoldID]
	if h == nil || len(ix.ordersOf.of(o.HoldID)) > 1 {
		return // other checks' matter
	}
	c := Case{AtUS: o.UpdatedAt, IDs: map[string]int64{"order_id": o.ID, "hold_id": h.ID}}
	if h.ProductID != o.ProductID || h.Qty != o.Qty {
		c.Expected = "product " + strconv.FormatInt(h.ProductID, 10) + ", qty " + strconv.FormatInt(h.Qty, 10)
		c.Found = "product " + strconv.FormatInt(o.ProductID, 10) + ", qty " + strconv.FormatInt(o.Qty, 10)
		f.violate("An order is not for what its hold reserved.", c, ix.showOrder(o))
	}
	if !ix.goTogether(o, h) {
		c.Expected, c.Found = "a hold that goes with an order that is "+o.Status, "a hold that is "+h.Status
		f.violate("The states of an order and its hold do not go together.", c, ix.showOrder(o))
	}
}

func (ix *index) goTogether(o *evidence.Order, h *evidence.Hold) bool {
	switch o.Status {
	case orderPending:
		return h.Status == holdUsed || h.Status == holdExpired
	case orderPaid:
		return h.Status == holdCompleted
	default:
		return h.Status == holdCanceled || h.Status == holdExpired || h.Status == holdUsed && ix.refused(o)
	}
}

// refused tells whether a success came too late for the order and was refunded, which cancels the order and
// leaves its lapsed hold to the sweep.
func (ix *index) refused(o *evidence.Order) bool {
	for _, e := range ix.eventsOf.of(o.ID) {
		if e.Outcome == outcomeRefundDue || e.Outcome == "" {
			return true
		}
	}
	return false
}

// judgeLoneHold asks whether a hold without an order can be in its state.
func judgeLoneHold(ix *index, f *findings, h *evidence.Hold) {
	lone := len(ix.ordersOf.of(h.ID)) == 0
	if lone && (h.Status == holdActive || h.Status == holdExpired) || !lone && h.Status != holdActive {
		return
	}
	c := Case{AtUS: h.UpdatedAt, IDs: map[string]int64{"hold_id": h.ID}, Found: h.Status}
	c.Expected = "a hold that is active or expired"
	what := "A hold without an order is in a state that only an order leads to."
	rows := []Row{{Hold: h}}
	if !lone {
		c.Expected = "a hold that is no longer active"
		what = "A hold that has an order is still active."
		rows = withOrders(h, ix.ordersOf.of(h.ID))
	}
	f.violate(what, c, ix.show(aboutHold(h.ID, h.Key), rows...))
}

// showOrder shows an order, its hold, its events, and what clients sent for it.
func (ix *index) showOrder(o *evidence.Order) exhibit {
	rows := []Row{{Order: o}}
	if h := ix.holds[o.HoldID]; h != nil {
		rows = append(rows, Row{Hold: h})
	}
	for _, e := range ix.eventsOf.of(o.ID) {
		rows = append(rows, Row{Event: e})
	}
	return ix.show(aboutOrder(o), rows...)
}

// String lists the statuses of a set, for people.
func (s statuses) String() string {
	text := ""
	for _, status := range []string{orderPending, orderCanceled, orderPaid} {
		if !s.has(status) {
			continue
		}
		if text != "" {
			text += " or "
		}
		text += status
	}
	return text
}
