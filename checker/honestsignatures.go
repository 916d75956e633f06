package checker

import (
	"net/http"
	"time"

	"flashsale/checker/internal/history"
)

// trustedSkew is how far the database's clock may be from the one that signs, and a delivery under way: together less
// than half of the five minutes by which a signature may be old or early.
const trustedSkew = time.Minute

// judgeHonestSignatures looks for honest deliveries that were turned away as forged: nobody sends those again, and the
// payment is lost. The provider signs by the clock of the run's host, and signatures are measured by the database's, so
// nothing is said where the two differ, nor of a server that may know another secret.
func judgeHonestSignatures(ix *index, f *findings) {
	if ix.run.Server.Kind == kindTarget {
		return
	}
	for _, w := range ix.history.Webhooks.All() {
		if w.Tamper != history.Honest || w.Outcome != history.Refused || w.HTTPStatus != http.StatusUnauthorized {
			continue
		}
		f.exercised++
		if !ix.signedInTime(&w.Attempt) {
			continue
		}
		f.violate("An honest webhook was turned away as forged.", Case{
			AtNS: w.Return, IDs: map[string]int64{"order_id": w.Order},
			Values:   map[string]string{"idempotency_key": ix.history.EventKeys.Text(w.Key)},
			Expected: "an answer to the payment", Found: "401",
		}, oneOp(w.ID))
	}
}

// signedInTime tells whether a delivery must have been in time, by whichever clock that is measured.
func (ix *index) signedInTime(a *history.Attempt) bool {
	host := ix.run.StartedAt.UnixMicro()
	skew := trustedSkew.Microseconds()
	return ix.clock.atMost(a.Return) <= host+a.Return/1000+skew && ix.clock.atLeast(a.Call) >= host+a.Call/1000-skew &&
		time.Duration(a.Return-a.Call) <= trustedSkew
}
