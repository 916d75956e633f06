package checker

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// acknowledgedSurvives looks up everything that was answered 2xx in the final tables, which were read after
// the last answer. What an answer says of a hold or an order never changes later (product, quantity, total,
// expires_at, key), nor does an event's outcome; statuses do, and are left to legal-transitions. Reads count
// as well: what one buyer was shown has been committed. A replay repeats the first answer, so it is held to
// the same row. One id given to two requests is two promises on one row.
//
// It cannot see that a row was lost and made again in the same words.
func acknowledgedSurvives() check {
	return check{
		name:    "acknowledged-survives",
		promise: "Everything answered 2xx is in the database, row for row, and no id was given to two requests.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			judgeHoldAnswers(ix, f)
			judgeOrderAnswers(ix, f)
			judgeWebhookAnswers(ix, f)
			judgeReadAnswers(ix, f)
		},
	}
}

func judgeHoldAnswers(ix *index, f *findings) {
	keyed := ix.keeps("holds.idempotency_key")
	owners := newOwners(&ix.holds, ix.final.Holds.Len())
	for i, c := range ix.history.Holds.All() {
		if !c.Acknowledged() {
			continue
		}
		f.exercised++
		said := heldAnswer{c.GotHold, c.Product, c.Qty, c.GotExpires, c.Key, keyed && c.Key != 0}
		said.judge(ix, f, &c.Attempt)
		if owner := ix.history.Holds.At(owners.claim(c.GotHold, i)); !sameRequest(&owner.Attempt, &c.Attempt) {
			twoOwners(f, "hold_id", c.GotHold, &owner.Attempt, &c.Attempt)
		}
	}
}

func judgeOrderAnswers(ix *index, f *findings) {
	keyed := ix.keeps("orders.idempotency_key")
	owners := newOwners(&ix.orders, ix.final.Orders.Len())
	for i, c := range ix.history.Orders.All() {
		if !c.Acknowledged() {
			continue
		}
		f.exercised++
		said := orderedAnswer{c.GotOrder, 0, c.Hold, c.GotQty, c.GotTotal, c.Key, keyed && c.Key != 0, false}
		said.judge(ix, f, &c.Attempt)
		if owner := ix.history.Orders.At(owners.claim(c.GotOrder, i)); !sameRequest(&owner.Attempt, &c.Attempt) {
			twoOwners(f, "order_id", c.GotOrder, &owner.Attempt, &c.Attempt)
		}
	}
}

func judgeReadAnswers(ix *index, f *findings) {
	for _, r := range ix.history.HoldReads.All() {
		if r.Outcome == history.OK {
			f.exercised++
			said := heldAnswer{r.GotHold, r.GotProduct, r.GotQty, r.GotExpires, 0, false}
			said.judge(ix, f, &r.Attempt)
		}
	}
	for _, r := range ix.history.OrderReads.All() {
		if r.Outcome == history.OK {
			f.exercised++
			said := orderedAnswer{r.GotOrder, r.GotProduct, r.GotHold, r.GotQty, r.GotTotal, 0, false, true}
			said.judge(ix, f, &r.Attempt)
		}
	}
}

func twoOwners(f *findings, name string, id int64, owner, other *history.Attempt) {
	f.violate("One id was given to two requests.", Case{
		AtNS: other.Return, IDs: map[string]int64{name: id},
		Expected: fmt.Sprintf("only request %d", owner.Request), Found: fmt.Sprintf("request %d too", other.Request),
	}, showOps([]uint32{owner.ID, other.ID}))
}
