package checker

import "flashsale/checker/internal/history"

// refusalLeavesNoTrace looks for rows that only refused attempts can have made: see findOrigins. One attempt
// without an answer clears its whole request, for it may have taken effect after a later attempt was
// refused; a success clears it anyway. The content counts, too: a key refused with one body and accepted
// with another has the row of the second.
//
// It cannot see a trace other than a row: sums and states are other checks' matter.
func refusalLeavesNoTrace() check {
	return check{
		name:    "refusal-leaves-no-trace",
		promise: "A request answered 4xx, or 503 overloaded, changed nothing.",
		needs:   []Need{NeedOperations, NeedStart, NeedFinal},
		whole:   true,
		judge: func(ix *index, f *findings) {
			h := &ix.history
			f.exercised += onlyRefused(&ix.holdRequests, &h.Holds) + onlyRefused(&ix.orderRequests, &h.Orders) +
				onlyRefused(&ix.webhookRequests, &h.Webhooks)
			judgeTraces(f, ix.origins.holds, "A refused hold left its row behind.")
			judgeTraces(f, ix.origins.orders, "A refused order left its row behind.")
			judgeTraces(f, ix.origins.events, "A refused payment event left its row behind.")
		},
	}
}

// onlyRefused counts the honest requests of which every attempt was refused.
func onlyRefused[T any, P attempted[T]](requests *requests, calls *history.List[T]) (count int64) {
	for attempts := range requests.all() {
		refused := int64(1)
		for _, i := range attempts {
			if a := P(calls.At(i)).Base(); a.Outcome != history.Refused || a.Tamper != history.Honest {
				refused = 0
				break
			}
		}
		count += refused
	}
	return count
}

func judgeTraces(f *findings, rows charges, what string) {
	for _, g := range rows.guilty {
		if g.from == fromRefusal {
			c := g.Case
			c.Expected, c.Found = "no row: every attempt was refused", "a row"
			f.violate(what, c, showOps(g.attempts, g.row))
		}
	}
}
