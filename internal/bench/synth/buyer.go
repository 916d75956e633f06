package synth

import (
	"strconv"

	"flashsale/internal/evidence"
)

// What buyers do, as shares of those who get so far.
const (
	looksTwice   = 0.05
	looksAgain   = 0.30 // after being refused
	readsHold    = 0.03
	readsOrder   = 0.03
	abandons     = 0.09
	ordersLate   = 0.01
	clicksTwice  = 0.02
	wantsTwo     = 0.20
	wantsThree   = 0.10
	thinkMinUS   = 2_000
	thinkMaxUS   = 80_000
	lateMinUS    = 10_000 // after the hold has lapsed
	lateMaxUS    = 400_000
	arrivalsMax  = 20 // the longest gap between two, in average ones
	nameCapacity = 48
)

// buyer is one customer. Everything it does follows from an answer or from the passing of time.
type buyer struct {
	*sale
	number  int64
	product int64
	qty     int64
}

// arrival lets the next buyer in, and plans the one after.
func (s *sale) arrival() {
	if s.buyers == 0 {
		return
	}
	s.buyers--
	s.arrived++
	gap := min(s.random.ExpFloat64(), arrivalsMax) * buyersPer
	s.in(int64(gap), s.arrival)
	b := &buyer{sale: s, number: s.arrived, product: s.draw().ID, qty: 1}
	switch luck := s.random.Float64(); {
	case luck < wantsThree:
		b.qty = 3
	case luck < wantsThree+wantsTwo:
		b.qty = 2
	}
	looks := 1
	if s.chance(looksTwice) {
		looks = 2
	}
	b.look(looks)
}

// name is the buyer's idempotency key for one purpose.
func (b *buyer) name(purpose string) string {
	name := append(make([]byte, 0, nameCapacity), b.out.runID...)
	name = strconv.AppendInt(append(name, "-b"...), b.number, 10)
	return string(append(append(name, '-'), purpose...))
}

func (b *buyer) think(then func()) { b.in(b.between(thinkMinUS, thinkMaxUS), then) }

func (b *buyer) look(times int) {
	b.send(b.readProduct(b.number, b.product, func(*evidence.Operation) {
		b.think(func() {
			if times > 1 {
				b.look(times - 1)
				return
			}
			b.hold()
		})
	}))
}

func (s *sale) readProduct(actor, product int64, then func(*evidence.Operation)) *request {
	return &request{ask: evidence.Operation{Actor: actor, Kind: evidence.ReadProduct, ProductID: product}, then: then}
}

func (b *buyer) hold() {
	b.send(&request{key: &keyed{}, then: b.held, ask: evidence.Operation{
		Actor: b.number, Kind: evidence.CreateHold, ProductID: b.product, Qty: b.qty, Key: b.name("hold"),
	}})
}

// held is what a buyer does with a hold, or without one.
func (b *buyer) held(op *evidence.Operation) {
	if op.Outcome != evidence.OK {
		if b.chance(looksAgain) {
			b.think(func() { b.send(b.readProduct(b.number, b.product, nothing)) })
		}
		return
	}
	id := op.GotHoldID
	if b.chance(readsHold) {
		b.think(func() {
			b.send(&request{then: nothing, ask: evidence.Operation{
				Actor: b.number, Kind: evidence.ReadHold, ProductID: b.product, HoldID: id,
			}})
		})
	}
	switch luck := b.random.Float64(); {
	case luck < abandons:
	case luck < abandons+ordersLate:
		b.in(ttlUS+b.between(lateMinUS, lateMaxUS), func() { b.order(id, "order") })
	case luck < abandons+ordersLate+clicksTwice:
		b.think(func() {
			b.order(id, "order")
			b.order(id, "order-again")
		})
	default:
		b.think(func() { b.order(id, "order") })
	}
}

func (b *buyer) order(hold int64, purpose string) {
	b.send(&request{key: &keyed{}, then: b.ordered, ask: evidence.Operation{
		Actor: b.number, Kind: evidence.CreateOrder, ProductID: b.product, HoldID: hold, Key: b.name(purpose),
	}})
}

// ordered hands the order over to the payment provider.
func (b *buyer) ordered(op *evidence.Operation) {
	if op.Outcome != evidence.OK {
		return
	}
	id := op.GotOrderID
	if b.chance(readsOrder) {
		b.think(func() {
			b.send(&request{then: nothing, ask: evidence.Operation{
				Actor: b.number, Kind: evidence.ReadOrder, ProductID: b.product, OrderID: id,
			}})
		})
	}
	b.pay(id)
}
