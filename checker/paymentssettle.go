package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

// paymentsSettle follows the money. A buyer whose payment was acknowledged either gets the goods or the money
// back: the event is stored as paid or refund_due. An order is paid if and only if exactly one of its events
// is: two would be two charges for one order, none a gift. Event and order change in one transaction and the
// tables are one snapshot, so this holds at any instant.
//
// It cannot see whether refund_due was the right decision: that is refusals-true's matter.
func paymentsSettle() check {
	return check{
		name:    "payments-settle",
		promise: "Every acknowledged success ends paid or refund_due, and a paid order has exactly one paid event.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			if !ix.keeps("payment_events.outcome") {
				f.doubt = "the tables do not keep the outcomes of payments"
				return
			}
			for _, w := range ix.history.Webhooks.All() {
				if w.Acknowledged() && w.Payment == history.PaymentSuccess {
					f.exercised++
					judgeAcknowledgedPayment(ix, f, w)
				}
			}
			judgeBooks(ix, f)
		},
		standing: func(ix *index, f *findings) {
			if !ix.keeps("payment_events.outcome") {
				return
			}
			for _, e := range ix.final.Events.All() {
				if e.Payment == history.PaymentSuccess {
					f.exercised++
				}
			}
			judgeBooks(ix, f)
		},
	}
}

// judgeBooks holds stored payments and orders against each other.
func judgeBooks(ix *index, f *findings) {
	for _, e := range ix.final.Events.All() {
		judgeStoredPayment(ix, f, e)
	}
	for i, o := range ix.final.Orders.All() {
		judgePaidOrder(ix, f, i, o)
	}
}

func settles(x history.Effect) bool { return x == history.EffectPaid || x == history.EffectRefundDue }

func judgeAcknowledgedPayment(ix *index, f *findings, w *history.WebhookCall) {
	if !settles(w.GotEffect) {
		acknowledgedBadly(ix, f, "A success was acknowledged with an outcome that settles nothing.", w,
			strconv.Quote(w.GotEffect.String()))
	}
	for _, i := range ix.eventsByKey.Of(w.Key.Group()) {
		if e := ix.final.Events.At(i); e.Order == w.Order && e.Payment == history.PaymentSuccess {
			return // its outcome is judged with the row
		}
	}
	acknowledgedBadly(ix, f, "A success was acknowledged and forgotten.", w, "no event")
}

func acknowledgedBadly(ix *index, f *findings, what string, w *history.WebhookCall, found string) {
	f.violate(what, Case{
		AtNS: w.Return, IDs: map[string]int64{"order_id": w.Order},
		Values:   map[string]string{"idempotency_key": ix.history.EventKeys.Text(w.Key)},
		Expected: "paid or refund_due", Found: found,
	}, oneOp(w.ID, orderRow(w.Order)))
}

func judgeStoredPayment(ix *index, f *findings, e *history.Event) {
	if e.Payment != history.PaymentSuccess || settles(e.Effect) {
		return
	}
	key := ix.history.EventKeys.Text(e.Key)
	f.violate("A success is stored with an outcome that settles nothing.", Case{
		AtUS: e.CreatedAt, IDs: map[string]int64{"order_id": e.Order, "event_id": e.ID},
		Values: map[string]string{"idempotency_key": key}, Expected: "paid or refund_due",
		Found: strconv.Quote(e.Effect.String()),
	}, showRows(aboutKey(evidence.SendWebhook, key), eventRow(e.ID)))
}

func judgePaidOrder(ix *index, f *findings, i uint32, o *history.Order) {
	paid, want := 0, 0
	for _, j := range ix.eventsOf.Of(i) {
		if ix.final.Events.At(j).Effect == history.EffectPaid {
			paid++
		}
	}
	if o.Status == history.OrderPaid {
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
