package checker

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// What answers say of rows, and whether the rows agree.

// heldAnswer is what an answer says of a hold, whichever request it answers.
type heldAnswer struct {
	id, product, qty, expires int64
	key                       history.KeyID
	keyed                     bool // the row must bear the key
}

func (said heldAnswer) judge(ix *index, f *findings, a *history.Attempt) {
	h := ix.hold(said.id)
	if h == nil {
		missing(f, "A hold that was answered 2xx is not in the database.", a, "hold_id", said.id)
		return
	}
	if said.product == h.Product && said.qty == h.Qty && said.expires == h.ExpiresAt && (!said.keyed || said.key == h.Key) {
		return
	}
	var d difference
	d.compare("product", said.product, h.Product)
	d.compare("qty", said.qty, h.Qty)
	d.compare("expires_at", said.expires, h.ExpiresAt)
	if said.keyed {
		d.compare("key", ix.history.HoldKeys.Text(said.key), ix.history.HoldKeys.Text(h.Key))
	}
	d.report(f, "A hold in the database is not the one that was answered.", a, "hold_id", said.id, holdRow(h.ID))
}

// orderedAnswer is what an answer says of an order.
type orderedAnswer struct {
	id, product, hold, qty, total int64
	key                           history.KeyID
	keyed                         bool // the row must bear the key
	read                          bool // only an answer to a read names the product
}

func (said orderedAnswer) judge(ix *index, f *findings, a *history.Attempt) {
	o := ix.order(said.id)
	if o == nil {
		missing(f, "An order that was answered 2xx is not in the database.", a, "order_id", said.id)
		return
	}
	if said.hold == o.Hold && said.qty == o.Qty && said.total == o.Total && (!said.read || said.product == o.Product) &&
		(!said.keyed || said.key == o.Key) {
		return
	}
	var d difference
	if said.read {
		d.compare("product", said.product, o.Product)
	}
	d.compare("hold", said.hold, o.Hold)
	d.compare("qty", said.qty, o.Qty)
	d.compare("total_price", said.total, o.Total)
	if said.keyed {
		d.compare("key", ix.history.OrderKeys.Text(said.key), ix.history.OrderKeys.Text(o.Key))
	}
	d.report(f, "An order in the database is not the one that was answered.", a, "order_id", said.id, orderRow(o.ID))
}

// judgeWebhookAnswers compares acknowledged events with their rows. Several rows of a key are event-applied-once's
// matter: one that agrees will do.
func judgeWebhookAnswers(ix *index, f *findings) {
	outcomes := ix.keeps("payment_events.outcome")
	for _, w := range ix.history.Webhooks.All() {
		if !w.Acknowledged() {
			continue
		}
		f.exercised++
		rows := ix.eventsByKey.Of(w.Key.Group())
		if len(rows) == 0 {
			missing(f, "A payment event that was answered 2xx is not in the database.", &w.Attempt, "order_id", w.Order)
			continue
		}
		if !ix.storedAs(w, rows, outcomes) {
			var d difference
			e := ix.final.Events.At(rows[0])
			d.compare("order", w.Order, e.Order)
			d.compare("status", w.Payment, e.Payment)
			if outcomes {
				d.compare("outcome", w.GotEffect, e.Effect)
			}
			d.report(f, "A payment event in the database is not the one that was answered.", &w.Attempt, "order_id", w.Order,
				eventRow(e.ID))
		}
	}
}

func (ix *index) storedAs(w *history.WebhookCall, rows []uint32, outcomes bool) bool {
	for _, i := range rows {
		e := ix.final.Events.At(i)
		if e.Order == w.Order && e.Payment == w.Payment && (!outcomes || e.Effect == w.GotEffect) {
			return true
		}
	}
	return false
}

// missing says that an answer has no row. The case is dated by the answer.
func missing(f *findings, what string, a *history.Attempt, name string, id int64) {
	f.violate(what, Case{
		AtNS: a.Return, IDs: map[string]int64{"operation_id": int64(a.ID), name: id},
		Expected: "a row", Found: "none",
	}, oneOp(a.ID))
}

// difference compares an answer with its row, field by field, for people to read.
type difference struct{ expected, found string }

func (d *difference) compare(field string, answered, stored any) {
	if answered != stored {
		d.expected += fmt.Sprintf("%s %v; ", field, answered)
		d.found += fmt.Sprintf("%s %v; ", field, stored)
	}
}

func (d *difference) report(f *findings, what string, a *history.Attempt, name string, id int64, row rowRef) {
	f.violate(what, Case{
		AtNS: a.Return, IDs: map[string]int64{"operation_id": int64(a.ID), name: id}, Expected: d.expected, Found: d.found,
	}, oneOp(a.ID, row))
}
