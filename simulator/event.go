package simulator

import (
	"sync/atomic"
	"time"

	"flashsale/internal/evidence"
)

// An event is one idempotency key on its way to the shop, in one or more deliveries.
type event struct {
	provider  *provider
	plan      Event
	key       string
	actor     int64
	orderID   int64
	productID int64
	tamper    evidence.Tamper
	ahead     bool // for an order that may not exist yet

	deadline time.Duration
	acked    atomic.Bool
	settled  atomic.Bool // acknowledged, refused for good, or given up: counted once
	next     *event      // delivered once this one is acknowledged
}

// schedule puts the planned deliveries on the provider's agenda, counted from base.
func (e *event) schedule(base time.Duration) {
	e.deadline = base + e.plan.Deliveries[0] + e.provider.way.Deadline
	for _, after := range e.plan.Deliveries {
		r := e.request()
		e.provider.agenda.at(base+after, func(due time.Duration) { e.deliver(r, due) })
	}
}

// request is one delivery: its repetitions are attempts at the same request.
func (e *event) request() *request {
	return &request{timeout: e.provider.way.Timeout, op: evidence.Operation{
		Actor: e.actor, Kind: evidence.SendWebhook, Phase: evidence.PhaseStorm, ProductID: e.productID,
		OrderID: e.orderID, Payment: e.plan.Status, Key: e.key, Tamper: e.tamper}}
}

// deliver sends a delivery, and plans its repetition if it was not acknowledged.
func (e *event) deliver(r *request, due time.Duration) {
	if r.op.Attempt > 0 && e.acked.Load() {
		return
	}
	p := e.provider
	op := r.attempt(p.client, due)
	switch {
	case op.Outcome == evidence.OK:
		if e.acked.CompareAndSwap(false, true) {
			e.settled.Store(true)
			e.acknowledged()
		}
		return
	case op.HTTPStatus == statusUnauthorized, op.HTTPStatus == statusUnprocessable:
		e.giveUp()
		return
	case e.ahead && op.HTTPStatus == statusNotFound && p.closing.Load():
		return
	}
	again := p.client.now() + backoff(p.seed, e.key, op.Attempt, p.way.Retry.First, p.way.Retry.Max)
	patience := e.deadline
	if r.doubt { // nobody lets go so soon of money of which he does not know where it is
		patience += p.way.Deadline
	}
	if again > patience {
		e.giveUp()
		return
	}
	p.agenda.at(again, func(due time.Duration) { e.deliver(r, due) })
}

func (e *event) giveUp() {
	if !e.ahead && e.settled.CompareAndSwap(false, true) {
		e.provider.tally.givenUp.Add(1)
	}
}

// acknowledged plans what follows the first acknowledgement.
func (e *event) acknowledged() {
	p, now := e.provider, e.provider.client.now()
	if e.next != nil {
		e.next.schedule(now)
	}
	if e.plan.Replay > 0 {
		r := e.request()
		p.agenda.at(now+e.plan.Replay, func(due time.Duration) { r.attempt(p.client, due) })
	}
	if e.plan.Rekey != NotRekeyed {
		p.agenda.at(now, func(due time.Duration) { e.rekeyed().attempt(p.client, due) })
	}
	if e.plan.ReadBack {
		read := &request{timeout: p.way.Timeout, op: evidence.Operation{Actor: e.actor, Kind: evidence.ReadOrder,
			Phase: evidence.PhaseStorm, ProductID: e.productID, OrderID: e.orderID}}
		read.attempt(p.client, now)
	}
}

// rekeyed is a delivery under this event's key that says something else: the shop must refuse it.
func (e *event) rekeyed() *request {
	r := e.request()
	other := e.provider.otherOne.Load()
	if e.plan.Rekey == OtherOrder && other != 0 && other != e.orderID {
		r.op.OrderID, r.op.ProductID = other, 0
		return r
	}
	r.op.Payment = opposite(r.op.Payment)
	return r
}
