package simulator

import (
	"time"

	"flashsale/internal/evidence"
)

// A request is one thing that somebody wants of the shop. It may take several attempts, all with the
// same key and body, which share the id of the first.
type request struct {
	template evidence.Operation // the request's fields; each attempt is a copy
	timeout  time.Duration
}

// attempt sends the request once more, as intended at due, and returns what came of it.
func (r *request) attempt(c *client, due time.Duration) *evidence.Operation {
	r.template.Attempt++
	op := r.template
	op.Intended = int64(due)
	c.send(&op, r.timeout)
	r.template.Request = op.Request
	return &op
}

// unanswered tells whether nothing is known of the request's effect, or that it had none because the
// shop was busy: it is worth another attempt with the same key.
func unanswered(op *evidence.Operation) bool {
	return op.Outcome == evidence.Unknown || op.HTTPStatus == 503
}
