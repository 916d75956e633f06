package simulator

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"flashsale/internal/evidence"
	"flashsale/scenarios"
)

// The shop floor is what all buyers share.
type floor struct {
	seed       uint64
	runID      string
	habits     *scenarios.Buyers
	holdTTL    time.Duration
	productIDs []int64
	client     *client
	agenda     *agenda
	provider   *provider
	tally      *tally
	granted    *recentHolds
}

// A buyer plays one planned buyer. Each method is a step of the visit; what takes time is planned on
// the agenda, so a buyer who thinks occupies nobody.
type buyer struct {
	*floor
	plan Buyer
}

// arrive is the first step.
func (b *buyer) arrive(due time.Duration) {
	b.tally.arrived.Add(1)
	if b.plan.Payment.Ahead > 0 {
		b.provider.notify(notice{buyer: &b.plan, ahead: b.plan.Payment.Ahead})
	}
	if b.plan.Browse {
		b.read(evidence.ReadProduct, due, 0)
		due = b.client.now()
	}
	if b.plan.Steal {
		if h, ok := b.granted.newest(b.plan.Number); ok {
			b.orders(due, h)
			return
		}
	}
	b.hold(due)
}

func (b *buyer) hold(due time.Duration) {
	r := b.request(evidence.CreateHold, "hold")
	r.op.Qty = b.plan.Qty
	if b.plan.DoubleSend {
		// Both are seen through. Nobody waits for the twin's answer, but until it has one nobody knows what it did.
		r.twins = new(atomic.Int32)
		twin := *r
		twin.op.ID = b.client.ids.Add(1)
		twin.op.Request = twin.op.ID
		r.op.Request = twin.op.ID
		b.agenda.at(due, func(due time.Duration) { b.persist(&twin, due, func(*evidence.Operation) {}) })
	}
	b.persist(r, due, b.held)
}

// held goes on when the hold is answered.
func (b *buyer) held(op *evidence.Operation) {
	if op.Outcome != evidence.OK {
		return
	}
	h := heldUnits{id: op.GotHoldID, product: b.plan.Product, owner: b.plan.Number,
		lapse: time.Duration(op.Return) + b.holdTTL}
	b.granted.add(h)
	if b.plan.ReadBack {
		b.read(evidence.ReadHold, b.client.now(), h.id)
	}
	if b.plan.Abandon {
		return
	}
	b.agenda.at(time.Duration(op.Return)+b.plan.Think, func(due time.Duration) { b.orders(due, h) })
}

// orders orders the hold as often as planned, all at the same instant.
func (b *buyer) orders(due time.Duration, h heldUnits) {
	for i := 1; i < b.plan.Orders; i++ {
		b.agenda.at(due, func(due time.Duration) { b.order(due, h, i) })
	}
	b.order(due, h, 0)
}

func (b *buyer) order(due time.Duration, h heldUnits, again int) {
	name := "order"
	if again > 0 {
		name = "order-" + strconv.Itoa(again+1)
	}
	r := b.request(evidence.CreateOrder, name)
	r.op.HoldID = h.id
	r.op.ProductID = b.productIDs[h.product]
	b.persist(r, due, func(op *evidence.Operation) { b.ordered(op, h, again) })
}

// ordered goes on when an order is answered: whoever has an order pays.
func (b *buyer) ordered(op *evidence.Operation, h heldUnits, again int) {
	if op.Outcome != evidence.OK {
		return
	}
	b.provider.notify(notice{buyer: &b.plan, again: again, orderID: op.GotOrderID,
		productID: b.productIDs[h.product], lapse: h.lapse})
	if b.plan.ReadBack {
		b.read(evidence.ReadOrder, b.client.now(), op.GotOrderID)
		b.read(evidence.ReadProduct, b.client.now(), 0)
	}
}

// read reads a product, hold or order once; nobody insists on a read.
func (b *buyer) read(kind evidence.Kind, due time.Duration, id int64) {
	r := b.request(kind, "")
	switch kind {
	case evidence.ReadHold:
		r.op.HoldID = id
	case evidence.ReadOrder:
		r.op.OrderID = id
	}
	r.attempt(b.client, due)
}

// request starts a request of this buyer; a named one carries an idempotency key.
func (b *buyer) request(kind evidence.Kind, name string) *request {
	r := &request{timeout: b.habits.Timeout, op: evidence.Operation{
		Actor: b.plan.Number, Kind: kind, Phase: evidence.PhaseStorm, ProductID: b.productIDs[b.plan.Product]}}
	if name != "" {
		r.op.Key = buyerKey(b.runID, b.plan.Number, name)
	}
	return r
}

// buyerKey is a key that no other buyer and no other request of this buyer has.
func buyerKey(runID string, buyer int64, name string) string {
	key := make([]byte, 0, 64)
	key = append(append(key, runID...), "-b"...)
	key = append(strconv.AppendInt(key, buyer, 10), '-')
	return string(append(key, name...))
}

// persist attempts a request, again and again with the same key and body while it goes unanswered, and
// goes on with the last answer.
func (b *buyer) persist(r *request, due time.Duration, goOn func(*evidence.Operation)) {
	op := r.attempt(b.client, due)
	retry := b.habits.Retry
	if !unanswered(op) || int(op.Attempt) >= retry.Attempts {
		goOn(op)
		return
	}
	wait := backoff(b.seed, op.Key, op.Attempt, retry.First, retry.Max)
	b.agenda.at(b.client.now()+wait, func(due time.Duration) { b.persist(r, due, goOn) })
}

// heldUnits is a hold that somebody was granted.
type heldUnits struct {
	id      int64
	product int
	owner   int64
	lapse   time.Duration // by then it has surely lapsed
}

// recentHoldsMax bounds what thieves can choose from.
const recentHoldsMax = 64

// recentHolds remembers the last holds granted, for those who order other people's.
type recentHolds struct {
	mu   sync.Mutex
	ring [recentHoldsMax]heldUnits
	next int
}

func (h *recentHolds) add(granted heldUnits) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring[h.next%recentHoldsMax] = granted
	h.next++
}

// newest is the newest hold of anybody but this buyer.
func (h *recentHolds) newest(thief int64) (heldUnits, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := h.next - 1; i >= max(0, h.next-recentHoldsMax); i-- {
		if held := h.ring[i%recentHoldsMax]; held.owner != thief {
			return held, true
		}
	}
	return heldUnits{}, false
}
