package checker

import (
	"fmt"
	"strconv"

	"flashsale/internal/evidence"
)

// holdUsedOnce looks for two orders of one hold, in the tables and in what buyers were told, and for orders
// whose hold could not be ordered.
//
// In the tables a hold is named by its orders, so two rows are two uses. Among the answers two different
// order ids for one hold are two uses, even if one of the rows is gone: a replay, and a refusal with
// `hold-already-used`, both name the one order there is. An order takes the hold's lock and is decided at a
// time read under it, so an order from a hold that had not lapsed has created_at < expires_at.
//
// It cannot see whether the hold was `active` by name: only that it was there, unlapsed and unused.
func holdUsedOnce() check {
	return check{
		name:    "hold-used-once",
		promise: "At most one order comes from a hold, and only while the hold was active and not lapsed.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			judgeOrdersOfHolds(ix, f)
			judgeAnswersForHolds(ix, f)
		},
	}
}

func judgeOrdersOfHolds(ix *index, f *findings) {
	for i := range ix.final.Orders {
		o := &ix.final.Orders[i]
		f.exercised++
		h := ix.holds[o.HoldID]
		c := Case{AtUS: o.CreatedAt, IDs: map[string]int64{"order_id": o.ID, "hold_id": o.HoldID}}
		if h == nil {
			c.Expected, c.Found = "a hold with this id", "none"
			f.violate("An order comes from a hold that does not exist.", c, ix.show(aboutOrder(o), Row{Order: o}))
			continue
		}
		if orders := ix.ordersOf.of(h.ID); len(orders) > 1 && orders[0] == o {
			c.Expected, c.Found = "one order", fmt.Sprintf("%d orders", len(orders))
			c.severity = int64(len(orders))
			f.violate("One hold was ordered more than once.", c, ix.show(aboutHold(h.ID, h.Key), withOrders(h, orders)...))
		}
		if ix.timed && !ix.old.orders[o.ID] && o.CreatedAt >= h.ExpiresAt {
			c.Expected, c.Found = "an order before expires_at", fmt.Sprintf("%d us after it", o.CreatedAt-h.ExpiresAt)
			c.severity = o.CreatedAt - h.ExpiresAt
			f.violate("A hold was ordered although it had lapsed.", c,
				ix.show(aboutHold(h.ID, h.Key), Row{Hold: h}, Row{Order: o}))
		}
	}
}

func withOrders(h *evidence.Hold, orders []*evidence.Order) []Row {
	rows := []Row{{Hold: h}}
	for _, o := range orders {
		rows = append(rows, Row{Order: o})
	}
	return rows
}

// judgeAnswersForHolds compares the order ids that buyers of one hold were given.
func judgeAnswersForHolds(ix *index, f *findings) {
	first := make(map[int64]*evidence.Operation) // by hold
	for i := range ix.Operations {
		op := &ix.Operations[i]
		if op.Kind != evidence.CreateOrder || op.GotOrderID == 0 || op.Outcome == evidence.Unknown {
			continue
		}
		known := first[op.HoldID]
		if known == nil {
			first[op.HoldID] = op
			continue
		}
		if known.GotOrderID == op.GotOrderID {
			continue
		}
		f.violate("Two answers name different orders for one hold.", Case{
			AtNS: op.Return, IDs: map[string]int64{"hold_id": op.HoldID, "order_id": op.GotOrderID},
			Expected: "order " + strconv.FormatInt(known.GotOrderID, 10),
			Found:    "order " + strconv.FormatInt(op.GotOrderID, 10),
		}, showOps([]*evidence.Operation{known, op}))
	}
}
