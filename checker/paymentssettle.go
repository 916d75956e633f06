package checker

import (
	"fmt"
	"strconv"

	"flashsale/internal/evidence"
)

// paymentsSettle follows the money. A buyer whose payment was acknowledged either gets the goods or the money
// back: the event is stored as paid or refund_due. An order is paid if and only if exactly one of its events
// is: two would be two charges for one order, none a gift. Event and order change in one transaction and the
// tables are one snapshot, so this holds at any instant.
//
// It cannot see whether refund_due was the right decision: that needs the commit log.
func paymentsSettle() check {
	return check{
		name:    "payments-settle",
		promise: "Every acknowledged success ends paid or refund_due, and a paid order has exactly one paid event.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			if !ix.has("payment_events.outcome") {
				f.doubt = "the tables do not keep the outcomes of payments"
				return
			}
			ix.acknowledgedOf(evidence.SendWebhook, func(op *evidence.Operation) {
				if op.Payment == paymentSuccess {
					f.exercised++
					judgeAcknowledgedPayment(ix, f, op)
				}
			})
			for i := range ix.final.Events {
				judgeStoredPayment(ix, f, &ix.final.Events[i])
			}
			for i := range ix.final.Orders {
				judgePaidOrder(ix, f, &ix.final.Orders[i])
			}
		},
	}
}

func settles(outcome string) bool { return outcome == outcomePaid || outcome == outcomeRefundDue }

func judgeAcknowledgedPayment(ix *index, f *findings, op *evidence.Operation) {
	c := Case{
		AtNS: op.Return, IDs: map[string]int64{"order_id": op.OrderID},
		Values: map[string]string{"idempotency_key": op.Key}, Expected: "paid or refund_due",
	}
	if !settles(op.GotOutcome) {
		c.Found = strconv.Quote(op.GotOutcome)
		f.violate("A success was acknowledged with an outcome that settles nothing.", c, oneOp(op))
	}
	for _, e := range ix.eventsByKey.of(op.Key) {
		if e.OrderID == op.OrderID && e.Payment == paymentSuccess {
			return // its outcome is judged with the row
		}
	}
	c.Found = "no event"
	f.violate("A success was acknowledged and forgotten.", c, oneOp(op))
}

func judgeStoredPayment(ix *index, f *findings, e *evidence.PaymentEvent) {
	if e.Payment != paymentSuccess || settles(e.Outcome) {
		return
	}
	f.violate("A success is stored with an outcome that settles nothing.", Case{
		AtUS: e.CreatedAt, IDs: map[string]int64{"order_id": e.OrderID, "event_id": e.ID},
		Values: map[string]string{"idempotency_key": e.Key}, Expected: "paid or refund_due", Found: strconv.Quote(e.Outcome),
	}, ix.show(aboutKey(evidence.SendWebhook, e.Key), Row{Event: e}))
}

func judgePaidOrder(ix *index, f *findings, o *evidence.Order) {
	paid, want := 0, 0
	for _, e := range ix.eventsOf.of(o.ID) {
		if e.Outcome == outcomePaid {
			paid++
		}
	}
	if o.Status == orderPaid {
		want = 1
	}
	if paid == want {
		return
	}
	f.violate("An order's status does not match the number of its paid events.", Case{
		AtUS: o.UpdatedAt, IDs: map[string]int64{"order_id": o.ID},
		Expected: fmt.Sprintf("%d paid events for an order that is %s", want, o.Status),
		Found:    fmt.Sprintf("%d", paid), severity: int64(paid),
	}, ix.showOrder(o))
}
