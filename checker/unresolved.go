package checker

import (
	"net/http"

	"flashsale/checker/internal/history"
)

// unresolved counts the keyed requests of which nobody knows in the end whether they had their effect: some attempt
// stayed without an answer, and nothing that was heard later tells.
func unresolved(ix *index) int64 {
	h := &ix.history
	return inDoubt(&ix.holdRequests, &h.Holds) + inDoubt(&ix.orderRequests, &h.Orders) +
		inDoubt(&ix.webhookRequests, &h.Webhooks)
}

func inDoubt[T any, P attempted[T]](requests *requests, calls *history.List[T]) (count int64) {
	for _, attempts := range requests.keyed.All() {
		if leftInDoubt(attempts, func(i uint32) *history.Attempt { return P(calls.At(i)).Base() }) {
			count++
		}
	}
	return count
}

// leftInDoubt looks at the attempts of one request. A 2xx, whenever it came, tells of the one effect that there is. A
// 4xx tells that the attempts before it had none by then. A 503 tells of itself alone, and what was tampered with is
// no attempt at the request at all.
func leftInDoubt(attempts []uint32, at func(uint32) *history.Attempt) bool {
	latest := int64(-1) // return of an attempt without an answer
	for _, i := range attempts {
		switch a := at(i); {
		case a.Acknowledged():
			return false
		case a.Tamper == history.Honest && a.Outcome == history.Unknown:
			latest = max(latest, a.Return)
		}
	}
	for _, i := range attempts {
		if a := at(i); a.Tamper == history.Honest && turnedDown(a) && a.Call >= latest {
			return false
		}
	}
	return latest >= 0
}

// turnedDown tells a refusal that was decided from one for want of time or room.
func turnedDown(a *history.Attempt) bool {
	return a.Outcome == history.Refused && a.HTTPStatus < http.StatusInternalServerError
}
