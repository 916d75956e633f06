package simulator

import (
	"sync/atomic"
	"time"

	"flashsale/internal/evidence"
)

// A request is one thing that somebody wants of the shop. It may take several attempts, all with the
// same key and body, which share the id of the first.
type request struct {
	op      evidence.Operation // of the last attempt; before the first only the request's own fields are set
	timeout time.Duration
	doubt   bool          // an attempt went without an answer, and nothing said since tells what it did
	twins   *atomic.Int32 // counts the attempts of a request that is sent twice at once; nil: it is not
}

// attempt sends the request once more, as intended at due, and returns what came of it, which is good
// until the next attempt.
func (r *request) attempt(c *client, due time.Duration) *evidence.Operation {
	if r.op.Return > 0 {
		r.forgetAnswer()
	}
	if r.twins != nil {
		r.op.Attempt = r.twins.Add(1)
	} else {
		r.op.Attempt++
	}
	r.op.Intended = int64(due)
	c.send(&r.op, r.timeout)
	r.doubt = r.op.Outcome == evidence.Unknown || r.doubt && r.op.HTTPStatus == statusUnavailable
	return &r.op
}

// forgetAnswer leaves of the last attempt only what the next one shares with it.
func (r *request) forgetAnswer() {
	last := r.op
	r.op = evidence.Operation{Request: last.Request, Attempt: last.Attempt, Actor: last.Actor, Kind: last.Kind,
		Phase: last.Phase, ProductID: last.ProductID, Qty: last.Qty, HoldID: last.HoldID, OrderID: last.OrderID,
		Payment: last.Payment, Key: last.Key, Tamper: last.Tamper}
}

// unanswered tells whether nothing is known of the request's effect, or that it had none because the
// shop was busy: it is worth another attempt with the same key.
func unanswered(op *evidence.Operation) bool {
	return op.Outcome == evidence.Unknown || op.HTTPStatus == statusUnavailable
}
