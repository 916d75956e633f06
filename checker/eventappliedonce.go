package checker

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"flashsale/internal/evidence"
)

// eventAppliedOnce looks for keys that made more than one row, or that were answered with more than one id.
//
// A key is one request, however often, however concurrently and with whatever delay it is sent, so a second
// row is a second effect. Keys are compared byte for byte. Only answers of 2xx count: a refusal is not
// stored, and a refused key may be used again.
//
// It cannot see a second effect without a row; sums and transitions are other checks' matter.
func eventAppliedOnce() check {
	return check{
		name:    "event-applied-once",
		promise: "Every idempotency key of an event, a hold or an order has one row and one effect.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			judgeKeyRows(ix, f)
			judgeKeyAnswers(ix, f)
		},
	}
}

func judgeKeyRows(ix *index, f *findings) {
	holds := newLookup(pointers(ix.final.Holds, func(h *evidence.Hold) bool { return h.Key != "" }),
		func(h *evidence.Hold) string { return h.Key }, strings.Compare,
		func(a, b *evidence.Hold) int { return cmp.Compare(a.ID, b.ID) })
	orders := newLookup(pointers(ix.final.Orders, func(o *evidence.Order) bool { return o.Key != "" }),
		func(o *evidence.Order) string { return o.Key }, strings.Compare,
		func(a, b *evidence.Order) int { return cmp.Compare(a.ID, b.ID) })
	ix.eventsByKey.each(func(key string, rows []*evidence.PaymentEvent) {
		judgeRowsOfKey(ix, f, evidence.SendWebhook, "One payment event was stored more than once.", key, rows,
			func(e *evidence.PaymentEvent) Row { return Row{Event: e} })
	})
	holds.each(func(key string, rows []*evidence.Hold) {
		judgeRowsOfKey(ix, f, evidence.CreateHold, "One hold request made more than one hold.", key, rows,
			func(h *evidence.Hold) Row { return Row{Hold: h} })
	})
	orders.each(func(key string, rows []*evidence.Order) {
		judgeRowsOfKey(ix, f, evidence.CreateOrder, "One order request made more than one order.", key, rows,
			func(o *evidence.Order) Row { return Row{Order: o} })
	})
}

func judgeRowsOfKey[T any](
	ix *index, f *findings, kind evidence.Kind, what, key string, rows []*T, show func(*T) Row,
) {
	if key == "" {
		return
	}
	f.exercised++
	if len(rows) == 1 {
		return
	}
	shown := make([]Row, len(rows))
	for i, row := range rows {
		shown[i] = show(row)
	}
	c := caseOfRow(shown[1])
	c.Values = map[string]string{"idempotency_key": key}
	c.Expected, c.Found, c.severity = "one row", fmt.Sprintf("%d rows", len(rows)), int64(len(rows))
	f.violate(what, c, ix.show(aboutKey(kind, key), shown...))
}

// judgeKeyAnswers compares the ids that were given to one request.
func judgeKeyAnswers(ix *index, f *findings) {
	ix.requests.each(func(id identity, attempts []*evidence.Operation) {
		if id.key == "" || id.kind == evidence.SendWebhook {
			return
		}
		var first *evidence.Operation
		for _, op := range attempts {
			switch {
			case op.Outcome != evidence.OK:
			case first == nil:
				first = op
			case gotID(first) != gotID(op):
				f.violate("One request was answered with different ids.", Case{
					AtNS: op.Return, Values: map[string]string{"idempotency_key": id.key, "kind": id.kind},
					Expected: "id " + strconv.FormatInt(gotID(first), 10), Found: "id " + strconv.FormatInt(gotID(op), 10),
				}, showOps([]*evidence.Operation{first, op}))
			}
		}
	})
}

// gotID is the id that the answer to a hold or an order named.
func gotID(op *evidence.Operation) int64 {
	if op.Kind == evidence.CreateHold {
		return op.GotHoldID
	}
	return op.GotOrderID
}
