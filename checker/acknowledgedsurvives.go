package checker

import (
	"fmt"

	"flashsale/internal/evidence"
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
			owners := make(map[namedID]*evidence.Operation)
			for i := range ix.Operations {
				op := &ix.Operations[i]
				if op.Outcome != evidence.OK || !honest(op) || op.Kind == evidence.ReadProduct {
					continue
				}
				f.exercised++
				switch op.Kind {
				case evidence.CreateHold, evidence.ReadHold:
					judgeHoldAnswer(ix, f, op)
				case evidence.CreateOrder, evidence.ReadOrder:
					judgeOrderAnswer(ix, f, op)
				case evidence.SendWebhook:
					judgeWebhookAnswer(ix, f, op)
				}
				judgeOwner(f, owners, op)
			}
		},
	}
}

// difference compares an answer with its row, field by field; empty: they agree.
type difference struct{ expected, found string }

func (d *difference) compare(field string, answered, stored any) {
	if answered != stored {
		d.expected += fmt.Sprintf("%s %v; ", field, answered)
		d.found += fmt.Sprintf("%s %v; ", field, stored)
	}
}

// report says that an answer has no row, or another one. The case is dated by the answer.
func (d *difference) report(f *findings, what string, op *evidence.Operation, id string, row Row) {
	if d.expected == "" {
		return
	}
	c := Case{AtNS: op.Return, IDs: map[string]int64{"operation_id": op.ID}, Expected: d.expected, Found: d.found}
	switch op.Kind {
	case evidence.CreateHold, evidence.ReadHold:
		c.IDs[id] = op.GotHoldID
	case evidence.CreateOrder, evidence.ReadOrder:
		c.IDs[id] = op.GotOrderID
	default:
		c.IDs[id] = op.OrderID
	}
	if row == (Row{}) {
		f.violate(what, c, oneOp(op))
		return
	}
	f.violate(what, c, oneOp(op, row))
}

func judgeHoldAnswer(ix *index, f *findings, op *evidence.Operation) {
	var d difference
	h := ix.holds[op.GotHoldID]
	if h == nil {
		d = difference{"a hold with this id", "none"}
		d.report(f, "A hold that was answered 2xx is not in the database.", op, "hold_id", Row{})
		return
	}
	product, qty := op.ProductID, op.Qty
	if op.Kind == evidence.ReadHold {
		product, qty = op.GotProductID, op.GotQty
	}
	d.compare("product", product, h.ProductID)
	d.compare("qty", qty, h.Qty)
	d.compare("expires_at", op.GotExpiresAt, h.ExpiresAt)
	if op.Kind == evidence.CreateHold && op.Key != "" && ix.has("holds.idempotency_key") {
		d.compare("key", op.Key, h.Key)
	}
	d.report(f, "A hold in the database is not the one that was answered.", op, "hold_id", Row{Hold: h})
}

func judgeOrderAnswer(ix *index, f *findings, op *evidence.Operation) {
	var d difference
	o := ix.orders[op.GotOrderID]
	if o == nil {
		d = difference{"an order with this id", "none"}
		d.report(f, "An order that was answered 2xx is not in the database.", op, "order_id", Row{})
		return
	}
	hold := op.HoldID
	if op.Kind == evidence.ReadOrder {
		hold = op.GotHoldID
		d.compare("product", op.GotProductID, o.ProductID)
	}
	d.compare("hold", hold, o.HoldID)
	d.compare("qty", op.GotQty, o.Qty)
	d.compare("total_price", op.GotTotal, o.TotalPrice)
	if op.Kind == evidence.CreateOrder && op.Key != "" && ix.has("orders.idempotency_key") {
		d.compare("key", op.Key, o.Key)
	}
	d.report(f, "An order in the database is not the one that was answered.", op, "order_id", Row{Order: o})
}

func judgeWebhookAnswer(ix *index, f *findings, op *evidence.Operation) {
	var d difference
	events := ix.eventsByKey.of(op.Key)
	if len(events) == 0 {
		d = difference{"an event with this key", "none"}
		d.report(f, "A payment event that was answered 2xx is not in the database.", op, "order_id", Row{})
		return
	}
	for _, e := range events { // several rows of a key are event-applied-once's matter: one that agrees will do
		d = difference{}
		d.compare("order", op.OrderID, e.OrderID)
		d.compare("status", op.Payment, e.Payment)
		if ix.has("payment_events.outcome") {
			d.compare("outcome", op.GotOutcome, e.Outcome)
		}
		if d.expected == "" {
			return
		}
	}
	d.report(f, "A payment event in the database is not the one that was answered.", op, "order_id", Row{Event: events[0]})
}

// judgeOwner asks whether an id was given to another request before.
func judgeOwner(f *findings, owners map[namedID]*evidence.Operation, op *evidence.Operation) {
	if op.Kind != evidence.CreateHold && op.Kind != evidence.CreateOrder {
		return
	}
	id := namedID{op.Kind, gotID(op)}
	owner := owners[id]
	if owner == nil {
		owners[id] = op
		return
	}
	if identityOf(owner) == identityOf(op) {
		return
	}
	f.violate("One id was given to two requests.", Case{
		AtNS: op.Return, IDs: map[string]int64{op.Kind + "_id": id.id},
		Expected: fmt.Sprintf("only request %d", owner.Request), Found: fmt.Sprintf("request %d too", op.Request),
	}, showOps([]*evidence.Operation{owner, op}))
}
