package checker

import (
	"net/http"
	"strconv"

	"flashsale/checker/internal/history"
)

// forgedRejected looks at what tampered deliveries were answered, and whether they left a row. The signature
// is checked before anything else, so any answer that tells more than 401 shows that the body was looked at.
// A server may refuse before it looks at the request at all (overloaded, too slow, too large): that is not
// held against it, nor is an answer that never came. A row counts only if no honest delivery of the same
// key, order and status was sent.
//
// It cannot see an effect that left no row of its own: that is a change without an event, event-atomic's matter.
func forgedRejected() check {
	return check{
		name:    "forged-rejected",
		promise: "Unsigned, forged, stale and altered webhooks are answered 401 and change nothing.",
		needs:   []Need{NeedOperations},
		judge: func(ix *index, f *findings) {
			for _, w := range ix.history.Webhooks.All() {
				if w.Tamper != history.Honest && w.Outcome != history.Unknown {
					f.exercised++
					judgeTampered(ix, f, w)
				}
			}
			if !ix.whole {
				return // the honest delivery may be among the lost ones
			}
			for _, g := range ix.origins.events.guilty {
				if g.from == fromForgery {
					c := g.Case
					c.Expected, c.Found = "no row", "a payment event that only tampered deliveries can have made"
					f.violate("A webhook that should have been rejected left its row behind.", c, showOps(g.attempts, g.row))
				}
			}
		},
	}
}

func judgeTampered(ix *index, f *findings, w *history.WebhookCall) {
	if w.Outcome != history.OK && unread(w.HTTPStatus) {
		return
	}
	what := "A webhook was refused by its content, not by its signature."
	if w.Outcome == history.OK {
		what = "A webhook was accepted that should have been rejected."
	}
	f.violate(what, Case{
		AtNS: w.Return, IDs: map[string]int64{"order_id": w.Order},
		Values:   map[string]string{"idempotency_key": ix.history.EventKeys.Text(w.Key), "tamper": w.Tamper.String()},
		Expected: "401", Found: strconv.Itoa(int(w.HTTPStatus)),
	}, oneOp(w.ID))
}

// unread tells statuses that a server can give without having looked at the body.
func unread(status uint16) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}
