package checker

import (
	"fmt"
	"net/http"

	"flashsale/internal/evidence"
)

// forgedRejected looks at what tampered deliveries were answered, and whether they left a row. The signature
// is checked before anything else, so any answer that tells more than 401 shows that the body was looked at.
// A server may refuse before it looks at the request at all (overloaded, too slow, too large): that is not
// held against it, nor is an answer that never came. A row counts only if no honest delivery of the same
// key, order and status was sent.
func forgedRejected() check {
	return check{
		name:    "forged-rejected",
		promise: "Unsigned, forged, stale and altered webhooks are answered 401 and change nothing.",
		needs:   []Need{NeedOperations},
		judge: func(ix *index, f *findings) {
			for i := range ix.Operations {
				op := &ix.Operations[i]
				if op.Kind != evidence.SendWebhook || honest(op) || op.Outcome == evidence.Unknown {
					continue
				}
				f.exercised++
				c := Case{
					AtNS: op.Return, IDs: map[string]int64{"order_id": op.OrderID},
					Values:   map[string]string{"idempotency_key": op.Key, "tamper": op.Tamper},
					Expected: "401", Found: fmt.Sprint(op.HTTPStatus),
				}
				switch {
				case op.Outcome == evidence.OK:
					f.violate("A webhook was accepted that should have been rejected.", c, oneOp(op))
				case !unread(op.HTTPStatus):
					f.violate("A webhook was refused by its content, not by its signature.", c, oneOp(op))
				}
			}
			if !ix.whole {
				return // the honest delivery may be among the lost ones
			}
			for _, s := range ix.origins.events {
				if s.from == fromForgery {
					c := caseOfRow(s.Row)
					c.Expected, c.Found = "no row", "a payment event that only tampered deliveries can have made"
					f.violate("A webhook that should have been rejected left its row behind.", c, showOps(s.attempts, s.Row))
				}
			}
		},
	}
}

// unread tells statuses that a server can give without having looked at the body.
func unread(status int32) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}
