package synth

import (
	"strconv"

	"flashsale/internal/evidence"
)

// What the payment provider does. Times are microseconds.
const (
	deliveries     = 3
	onceMore       = 0.05 // a fourth delivery, long after
	payMinUS       = 3_000
	payMaxUS       = 120_000
	spreadUS       = 40_000 // between the first and the last delivery of an event, at most
	nextUS         = 150_000
	replayMinUS    = 500_000
	replayMaxUS    = 3_000_000
	tamperedShare  = 0.004
	rekeyedShare   = 0.004
	aheadShare     = 0.003
	aheadBy        = 1000 // numbers past the newest order: it does not exist while the delivery is on its way
	success        = "success"
	failure        = "failure"
	purposePayment = "pay-"
)

// story is what happens to a share of the orders: payments by status, each when the one before it is
// through, or together with it.
type story struct {
	share    float64
	payments []string
	late     bool // only after the order's hold has lapsed
	together bool
}

var stories = [...]story{
	{share: 0.885, payments: []string{success}},
	{share: 0.040, payments: []string{failure}},
	{share: 0.010, payments: []string{failure, success}},
	{share: 0.010, payments: []string{success, failure}},
	{share: 0.010, payments: []string{success, success}},
	{share: 0.010, payments: []string{success, failure}, together: true},
	{share: 0.020, payments: []string{success}, late: true},
	{share: 0.015},
}

func (s *sale) drawStory() story {
	luck := s.random.Float64()
	for _, one := range stories {
		if luck -= one.share; luck < 0 {
			return one
		}
	}
	return stories[0]
}

// pay has the provider tell the shop what became of an order's payment.
func (b *buyer) pay(order int64) {
	told := b.drawStory()
	start := b.between(payMinUS, payMaxUS)
	if told.late {
		start += ttlUS + b.between(lateMinUS, lateMaxUS)
	}
	for i, payment := range told.payments {
		if i > 0 && !told.together {
			start += nextUS
		}
		b.event(order, payment, purposePayment+strconv.Itoa(i+1), start)
	}
	b.mischief(order, start)
}

// event plans the deliveries of one payment event.
func (b *buyer) event(order int64, payment, purpose string, start int64) {
	key, name := &keyed{}, b.name(purpose)
	deliver := func(payment string) {
		b.send(&request{key: key, then: nothing, ask: b.webhook(order, payment, name)})
	}
	for i := range deliveries {
		delay := start
		if i > 0 {
			delay += b.between(0, spreadUS)
		}
		b.in(delay, func() { deliver(payment) })
	}
	if b.chance(onceMore) {
		b.in(start+b.between(replayMinUS, replayMaxUS), func() { deliver(payment) })
	}
	if b.chance(rekeyedShare) {
		b.in(start+replayMinUS, func() { deliver(opposite(payment)) })
	}
}

func (b *buyer) webhook(order int64, payment, key string) evidence.Operation {
	return evidence.Operation{
		Actor: b.number, Kind: evidence.SendWebhook, ProductID: b.product, OrderID: order, Payment: payment, Key: key,
	}
}

func opposite(payment string) string {
	if payment == success {
		return failure
	}
	return success
}

// mischief plans deliveries that the shop must refuse: forged ones, and one for an order yet to come.
func (b *buyer) mischief(order, start int64) {
	if b.chance(tamperedShare) {
		ask := b.webhook(order, success, b.name("tampered"))
		ask.Tamper = []evidence.Tamper{evidence.Unsigned, evidence.Forged, evidence.Stale, evidence.Altered}[b.random.IntN(4)]
		b.in(start, func() { b.send(&request{key: &keyed{}, then: nothing, ask: ask}) })
	}
	if b.chance(aheadShare) {
		b.in(start, func() {
			ask := b.webhook(b.orders.last()+aheadBy, success, b.name("ahead"))
			ask.ProductID = 0
			b.send(&request{key: &keyed{}, then: nothing, ask: ask})
		})
	}
}
