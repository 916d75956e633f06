package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
)

// holdUsedOnce looks for two orders of one hold, in the tables and in what buyers were told, and for orders
// whose hold could not be ordered. The commit log adds whether the hold was active at the very commit.
//
// In the tables a hold is named by its orders, so two rows are two uses. Among the answers two different
// order ids for one hold are two uses, even if one of the rows is gone: a replay, and a refusal with
// `hold-already-used`, both name the one order there is. An order takes the hold's lock and is decided at a
// time read under it, so an order from a hold that had not lapsed has created_at < expires_at.
//
// Without a commit log it cannot see whether the hold was `active` by name: only that it was there, unlapsed and
// unused.
func holdUsedOnce() check {
	return check{
		name:    "hold-used-once",
		promise: "At most one order comes from a hold, and only while the hold was active and not lapsed.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			judgeOrdersOfHolds(ix, f)
			judgeAnswersForHolds(ix, f)
		},
		standing: judgeOrdersOfHolds,
	}
}

func judgeOrdersOfHolds(ix *index, f *findings) {
	for i, o := range ix.final.Orders.All() {
		f.exercised++
		h := ix.hold(o.Hold)
		c := Case{AtUS: o.CreatedAt}
		name := func() { c.IDs = map[string]int64{"order_id": o.ID, "hold_id": o.Hold} }
		if h == nil {
			name()
			c.Expected, c.Found = "a hold with this id", "none"
			f.violate("An order comes from a hold that does not exist.", c, showRows(aboutOrder(o.ID, o.Hold), orderRow(o.ID)))
			continue
		}
		if orders := ix.ordersFor(h.ID); len(orders) > 1 && orders[0] == i {
			name()
			c.Expected, c.Found = "one order", fmt.Sprintf("%d orders", len(orders))
			c.severity = int64(len(orders))
			f.violate("One hold was ordered more than once.", c, ix.showHold(h))
		}
		if ix.timed && o.CreatedAt >= h.ExpiresAt && !ix.old.order(o.ID) {
			name()
			c.Expected, c.Found = "an order before expires_at", fmt.Sprintf("%d us after it", o.CreatedAt-h.ExpiresAt)
			c.severity = o.CreatedAt - h.ExpiresAt
			f.violate("A hold was ordered although it had lapsed.", c,
				showRows(aboutHold(h.ID, ix.history.HoldKeys.Text(h.Key)), holdRow(h.ID), orderRow(o.ID)))
		}
	}
}

// judgeAnswersForHolds compares the order ids that buyers of one hold were given.
func judgeAnswersForHolds(ix *index, f *findings) {
	calls, first := &ix.history.Orders, newOwners(&ix.holds, ix.final.Holds.Len())
	for i, c := range calls.All() {
		if c.GotOrder == 0 || c.Outcome == history.Unknown {
			continue
		}
		known := calls.At(first.claim(c.Hold, i))
		if known.GotOrder == c.GotOrder {
			continue
		}
		f.violate("Two answers name different orders for one hold.", Case{
			AtNS: c.Return, IDs: map[string]int64{"hold_id": c.Hold, "order_id": c.GotOrder},
			Expected: "order " + strconv.FormatInt(known.GotOrder, 10),
			Found:    "order " + strconv.FormatInt(c.GotOrder, 10),
		}, showOps([]uint32{known.ID, c.ID}))
	}
}
