package checker

import "flashsale/internal/evidence"

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
			ix.requests.each(func(_ identity, attempts []*evidence.Operation) {
				if onlyRefused(attempts) {
					f.exercised++
				}
			})
			judgeTraces(f, ix.origins.holds, "A refused hold left its row behind.")
			judgeTraces(f, ix.origins.orders, "A refused order left its row behind.")
			judgeTraces(f, ix.origins.events, "A refused payment event left its row behind.")
		},
	}
}

func onlyRefused(attempts []*evidence.Operation) bool {
	for _, op := range attempts {
		if op.Outcome != evidence.Refused || !honest(op) {
			return false
		}
	}
	return true
}

func judgeTraces(f *findings, rows []sourced, what string) {
	for _, s := range rows {
		if s.from != fromRefusal {
			continue
		}
		c := caseOfRow(s.Row)
		c.Expected, c.Found = "no row: every attempt was refused", "a row"
		f.violate(what, c, showOps(s.attempts, s.Row))
	}
}

// caseOfRow names a row of holds, orders or payment_events.
func caseOfRow(row Row) Case {
	var c Case
	key := ""
	switch {
	case row.Hold != nil:
		c.AtUS, key = row.Hold.CreatedAt, row.Hold.Key
		c.IDs = map[string]int64{"hold_id": row.Hold.ID, "product_id": row.Hold.ProductID}
	case row.Order != nil:
		c.AtUS, key = row.Order.CreatedAt, row.Order.Key
		c.IDs = map[string]int64{"order_id": row.Order.ID, "hold_id": row.Order.HoldID}
	default:
		c.AtUS, key = row.Event.CreatedAt, row.Event.Key
		c.IDs = map[string]int64{"event_id": row.Event.ID, "order_id": row.Event.OrderID}
	}
	if key != "" {
		c.Values = map[string]string{"idempotency_key": key}
	}
	return c
}
