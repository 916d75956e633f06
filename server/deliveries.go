package server

import (
	"hash/maphash"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/server/internal/recent"
)

// deliveries are the payment events that this server has handled lately. A provider delivers each several times, and
// all but the first change nothing: to answer them a read will do, so they do not stand in the way of those that do.
type deliveries struct {
	reads *reads
	seed  maphash.Seed
	keys  recent.Map[uint64, struct{}] // by hash: one that is taken for another is found not to have been handled
}

func newDeliveries(r *reads) *deliveries { return &deliveries{reads: r, seed: maphash.MakeSeed()} }

// learn notes that the event under a key has been handled.
func (d *deliveries) learn(key string) { d.keys.Put(maphash.String(d.seed, key), struct{}{}) }

// handled returns the event under a key, if it surely has taken effect already.
func (d *deliveries) handled(until time.Time, key string) (e paymentEvent, known bool) {
	if _, known = d.keys.Get(maphash.String(d.seed, key)); !known {
		return e, false
	}
	e, known, err := d.reads.events.Get(until, key)
	return e, known && err == nil
}

// answerRepeated answers a delivery of an event that has taken effect, as package decide would.
func answerRepeated(ctx *fasthttp.RequestCtx, e paymentEvent, orderID int64, payment string) {
	if e.orderID != orderID || e.payment != payment {
		answerProblem(ctx, refusals[api.ProblemKeyReused])
		return
	}
	answerWebhook(ctx, api.WebhookAnswer{Message: api.MessageAlreadyProcessed, OrderStatus: e.orderStatus, Outcome: e.outcome})
}
