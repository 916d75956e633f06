package checker

import (
	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

// ledger is one table beside the requests that make its rows: the rows and attempts of holds, orders and events
// differ in their fields, and are charged to each other in the same way.
type ledger struct {
	rows     int
	row      func(uint32) trace
	calls    int
	call     func(uint32) claim
	requests *requests
	keys     int
	keyed    bool // the table keeps keys
	named    bool // an answer names its row's id
	find     func(id int64) uint32
	ref      func(id int64) rowRef
}

// trace is a row on its way to being charged.
type trace struct {
	id      int64
	old     bool // it was there before the run
	key     history.KeyID
	created int64 // as stored
	at      int64 // when the row was decided; 0: not known
	asks    content
}

// claim is an attempt that may have made a row.
type claim struct {
	*history.Attempt
	asks content
	got  int64 // the id that its answer names
}

// content is what a row has in common with the attempts that can have made it.
type content struct {
	a, b    int64
	payment history.Payment
}

func (ix *index) holdLedger() *ledger {
	rows, calls := &ix.final.Holds, &ix.history.Holds
	return &ledger{
		rows: rows.Len(), calls: calls.Len(), requests: &ix.holdRequests, keys: ix.history.HoldKeys.Len(),
		keyed: ix.keeps("holds.idempotency_key"), named: true, find: ix.holds.Find, ref: holdRow,
		row: func(i uint32) trace {
			h := rows.At(i)
			return trace{h.ID, ix.old.hold(h.ID), h.Key, h.CreatedAt, ix.decided(h.CreatedAt), content{a: h.Product, b: h.Qty}}
		},
		call: func(i uint32) claim {
			c := calls.At(i)
			return claim{&c.Attempt, content{a: c.Product, b: c.Qty}, c.GotHold}
		},
	}
}

func (ix *index) orderLedger() *ledger {
	rows, calls := &ix.final.Orders, &ix.history.Orders
	return &ledger{
		rows: rows.Len(), calls: calls.Len(), requests: &ix.orderRequests, keys: ix.history.OrderKeys.Len(),
		keyed: ix.keeps("orders.idempotency_key"), named: true, find: ix.orders.Find, ref: orderRow,
		row: func(i uint32) trace {
			o := rows.At(i)
			return trace{o.ID, ix.old.order(o.ID), o.Key, o.CreatedAt, ix.decided(o.CreatedAt), content{a: o.Hold}}
		},
		call: func(i uint32) claim {
			c := calls.At(i)
			return claim{&c.Attempt, content{a: c.Hold}, c.GotOrder}
		},
	}
}

func (ix *index) eventLedger() *ledger {
	rows, calls := &ix.final.Events, &ix.history.Webhooks
	return &ledger{
		rows: rows.Len(), calls: calls.Len(), requests: &ix.webhookRequests, keys: ix.history.EventKeys.Len(),
		keyed: true, ref: eventRow,
		row: func(i uint32) trace {
			e := rows.At(i)
			return trace{e.ID, ix.old.event(e.ID), e.Key, e.CreatedAt, ix.decided(e.CreatedAt), content{a: e.Order, payment: e.Payment}}
		},
		call: func(i uint32) claim {
			c := calls.At(i)
			return claim{&c.Attempt, content{a: c.Order, payment: c.Payment}, 0}
		},
	}
}

// decided is a row's time if it can be compared with others, else 0.
func (ix *index) decided(at int64) int64 {
	if !ix.timed {
		return 0
	}
	return at
}

// caseOf names a row.
func (l *ledger) caseOf(ix *index, t trace) Case {
	c := Case{AtUS: t.created, IDs: make(map[string]int64)}
	key := ""
	switch ref := l.ref(t.id); ref.table {
	case evidence.TableHolds:
		c.IDs["hold_id"], c.IDs["product_id"] = t.id, t.asks.a
		key = ix.history.HoldKeys.Text(t.key)
	case evidence.TableOrders:
		c.IDs["order_id"], c.IDs["hold_id"] = t.id, t.asks.a
		key = ix.history.OrderKeys.Text(t.key)
	default:
		c.IDs["event_id"], c.IDs["order_id"] = t.id, t.asks.a
		key = ix.history.EventKeys.Text(t.key)
	}
	if key != "" {
		c.Values = map[string]string{"idempotency_key": key}
	}
	return c
}
