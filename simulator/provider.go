package simulator

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"flashsale/scenarios"
)

// inboxMax bounds the notices that wait for the provider; buyers wait when it is full.
const inboxMax = 1024

// A provider is the payment provider: an actor of its own with a queue, a clock and retries. Buyers
// only tell it that an order exists; when it delivers what, and how often, is its own plan. It repeats
// every delivery that was not acknowledged, 401 and 422 aside, until some delivery of the event was,
// or the event's deadline has passed.
type provider struct {
	seed    uint64
	runID   string
	way     *scenarios.Payments
	foreign bool // not every order is ours: pay only for those that are
	client  *client
	agenda  *agenda
	tally   *tally
	inbox   chan notice
	stopped <-chan struct{}

	closing  atomic.Bool  // nobody orders any more: what does not exist never will
	otherOne atomic.Int64 // an order that exists, to re-key with
}

// A notice tells the provider of an order to be paid, or, with ahead > 0, of a buyer who pays before
// the order exists.
type notice struct {
	buyer     *Buyer
	ahead     int64
	again     int // which of several orders at once
	orderID   int64
	productID int64
	lapse     time.Duration // when the order's hold has surely lapsed
}

// notify hands a notice over; it waits if the provider is behind, and gives up when the run is over.
func (p *provider) notify(n notice) {
	select {
	case p.inbox <- n:
	case <-p.stopped:
	}
}

// run takes notices until the inbox is closed, then sees all deliveries through.
func (p *provider) run(ctx context.Context) {
	for p.agenda.room(ctx) {
		select {
		case <-ctx.Done():
			return
		case n, open := <-p.inbox:
			if !open {
				p.closing.Store(true)
				p.agenda.rest(ctx)
				return
			}
			p.take(n)
		}
	}
}

func (p *provider) take(n notice) {
	if n.ahead > 0 {
		p.payAhead(n)
		return
	}
	p.pay(n)
}

// pay plans the deliveries for an order.
func (p *provider) pay(n notice) {
	now := p.client.now()
	order := ""
	if n.again > 0 {
		order = "order-" + strconv.Itoa(n.again+1) + "-"
	}
	p.otherOne.Store(n.orderID)
	for _, t := range n.buyer.Payment.Tampered {
		e := p.event(n, order+t.How)
		e.plan.Status, e.tamper = t.Status, t.How
		p.agenda.at(now+t.After, func(due time.Duration) { e.request().attempt(p.client, due) })
	}
	var before *event
	for i, planned := range n.buyer.Payment.Events {
		e := p.event(n, order+"pay-"+strconv.Itoa(i+1))
		e.plan = planned
		switch planned.Base {
		case FromOrder:
			e.schedule(now)
		case FromLapse:
			e.schedule(max(now, n.lapse))
		case FromAck:
			before.next = e
		}
		before = e
	}
}

// payAhead pays for an order that does not exist yet. Nobody can know whose it will be: the event means
// whoever gets that number, and is a charge like any other.
func (p *provider) payAhead(n notice) {
	newest := p.tally.orderMax.Load()
	if p.foreign && newest == 0 {
		return
	}
	n.orderID = newest + n.ahead
	e := p.event(n, "ahead")
	e.plan = Event{Status: success, Deliveries: make([]time.Duration, 1)}
	e.ahead = true
	e.schedule(p.client.now())
}

// event is one of the buyer's events, which its name tells from the others.
func (p *provider) event(n notice, name string) *event {
	return &event{provider: p, actor: n.buyer.Number, orderID: n.orderID, productID: n.productID,
		key: buyerKey(p.runID, n.buyer.Number, name)}
}
