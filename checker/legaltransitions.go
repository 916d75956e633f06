package checker

import (
	"strconv"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/replay"
)

// legalTransitions replays every order's events through the shop's table and compares where they lead with
// the rows, then looks whether buyers ever saw an order or a hold go backwards. The commit log adds every step.
//
// The replay: events of one order are decided under its product's lock, so their times are in commit order;
// events of the same instant may have any order (see replay.Statuses.After), and where times cannot be
// compared all events are one such group. An order ends in the one status its events lead to, and its hold in
// one that goes with it: completed if and only if paid; `used` with a canceled order only if it had lapsed,
// for the sweep has not come yet.
//
// What was seen: pending < canceled < paid, and active < used < expired, canceled < completed: no transition
// leads down, whatever the table's path. An answer that returned before another call was decided before it.
//
// Without a commit log it cannot see steps of holds between two looks, nor which of two events of one instant
// came first.
func legalTransitions() check {
	return check{
		name:    "legal-transitions",
		promise: "Every change is a path of the shop's transition table, and paid is final.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			judgeStates(ix, f)
			judgeSeen(ix, f)
		},
		standing: judgeStates,
	}
}

// judgeStates asks of every row whether there is a path to where it is.
func judgeStates(ix *index, f *findings) {
	t := ix.final
	f.exercised = int64(t.Holds.Len() + t.Orders.Len() + t.Events.Len())
	outcomes := ix.keeps("payment_events.outcome")
	for i, o := range t.Orders.All() {
		if outcomes {
			judgeReplay(ix, f, i, o)
		}
		judgeOrderAndHold(ix, f, i, o)
	}
	for i, h := range t.Holds.All() {
		judgeLoneHold(ix, f, i, h)
	}
}

// judgeReplay takes one order through its events.
func judgeReplay(ix *index, f *findings, i uint32, o *history.Order) {
	t := ix.final
	events, at := ix.eventsOf.Of(i), replay.Pending
	for len(events) > 0 {
		first := t.Events.At(events[0])
		var count replay.Tally
		n := 0
		for ; n < len(events); n++ {
			e := t.Events.At(events[n])
			if ix.timed && e.CreatedAt != first.CreatedAt {
				break
			}
			if !count.Add(e.Payment.String(), e.Effect.String()) {
				f.violate("A payment event has an outcome that its status cannot have.",
					ix.eventCase(o, e, "an outcome of a "+e.Payment.String(), e.Effect.String()), ix.showOrder(o))
				return
			}
		}
		events = events[n:]
		h := ix.hold(o.Hold)
		lapsed := !ix.timed || h == nil || first.CreatedAt >= h.ExpiresAt
		next := at.After(count, lapsed)
		if next == 0 {
			f.violate("A payment event had an outcome that the order's status at that time does not allow.",
				ix.eventCase(o, first, "an outcome that is legal for an order that is "+at.String(), first.Effect.String()),
				ix.showOrder(o))
			return
		}
		at = next
	}
	if !at.Has(o.Status.String()) {
		f.violate("An order's status is not where its payment events lead.", Case{
			AtUS: o.UpdatedAt, IDs: map[string]int64{"order_id": o.ID, "hold_id": o.Hold},
			Expected: at.String(), Found: o.Status.String(),
		}, ix.showOrder(o))
	}
}

func (ix *index) eventCase(o *history.Order, e *history.Event, expected, found string) Case {
	return Case{
		AtUS:     e.CreatedAt,
		IDs:      map[string]int64{"order_id": o.ID, "event_id": e.ID},
		Values:   map[string]string{"payment": e.Payment.String(), "idempotency_key": ix.history.EventKeys.Text(e.Key)},
		Expected: expected, Found: found,
	}
}

// judgeOrderAndHold asks whether the final states of an order and its hold go together.
func judgeOrderAndHold(ix *index, f *findings, i uint32, o *history.Order) {
	h := ix.hold(o.Hold)
	if h == nil || len(ix.ordersFor(o.Hold)) > 1 {
		return // other checks' matter
	}
	c := Case{AtUS: o.UpdatedAt}
	if h.Product != o.Product || h.Qty != o.Qty {
		c.IDs = map[string]int64{"order_id": o.ID, "hold_id": h.ID}
		c.Expected = "product " + strconv.FormatInt(h.Product, 10) + ", qty " + strconv.FormatInt(h.Qty, 10)
		c.Found = "product " + strconv.FormatInt(o.Product, 10) + ", qty " + strconv.FormatInt(o.Qty, 10)
		f.violate("An order is not for what its hold reserved.", c, ix.showOrder(o))
	}
	if !ix.goTogether(i, o, h) {
		c.IDs = map[string]int64{"order_id": o.ID, "hold_id": h.ID}
		c.Expected = "a hold that goes with an order that is " + o.Status.String()
		c.Found = "a hold that is " + h.Status.String()
		f.violate("The states of an order and its hold do not go together.", c, ix.showOrder(o))
	}
}

func (ix *index) goTogether(i uint32, o *history.Order, h *history.Hold) bool {
	switch o.Status {
	case history.OrderPending:
		return h.Status == history.HoldUsed || h.Status == history.HoldExpired
	case history.OrderPaid:
		return h.Status == history.HoldCompleted
	default:
		return h.Status == history.HoldCanceled || h.Status == history.HoldExpired ||
			h.Status == history.HoldUsed && ix.refunded(i)
	}
}

// refunded tells whether a success came too late for the order and was refunded, which cancels the order and
// leaves its lapsed hold to the sweep.
func (ix *index) refunded(order uint32) bool {
	for _, i := range ix.eventsOf.Of(order) {
		if x := ix.final.Events.At(i).Effect; x == history.EffectRefundDue || x == history.NoEffect {
			return true
		}
	}
	return false
}

// judgeLoneHold asks whether a hold without an order can be in its state.
func judgeLoneHold(ix *index, f *findings, i uint32, h *history.Hold) {
	lone := len(ix.ordersOf.Of(i)) == 0
	if lone && (h.Status == history.HoldActive || h.Status == history.HoldExpired) || !lone && h.Status != history.HoldActive {
		return
	}
	c := Case{AtUS: h.UpdatedAt, IDs: map[string]int64{"hold_id": h.ID}, Found: h.Status.String()}
	c.Expected = "a hold that is active or expired"
	what := "A hold without an order is in a state that only an order leads to."
	if !lone {
		c.Expected = "a hold that is no longer active"
		what = "A hold that has an order is still active."
	}
	f.violate(what, c, ix.showHold(h))
}
