package checker

import (
	"fmt"
	"strconv"

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
	events, holds, orders := newKeyRows(), newKeyRows(), newKeyRows()
	for i := range ix.final.Events {
		e := &ix.final.Events[i]
		events.add(e.Key, e.CreatedAt, Row{Event: e})
	}
	for i := range ix.final.Holds {
		h := &ix.final.Holds[i]
		holds.add(h.Key, h.CreatedAt, Row{Hold: h})
	}
	for i := range ix.final.Orders {
		o := &ix.final.Orders[i]
		orders.add(o.Key, o.CreatedAt, Row{Order: o})
	}
	events.judge(ix, f, evidence.SendWebhook, "One payment event was stored more than once.")
	holds.judge(ix, f, evidence.CreateHold, "One hold request made more than one hold.")
	orders.judge(ix, f, evidence.CreateOrder, "One order request made more than one order.")
}

// keyRows are the rows of one table by key. Most keys have one row: only the others need a list.
type keyRows struct {
	first map[string]Row
	at    map[string]int64
	more  map[string][]Row
}

func newKeyRows() *keyRows {
	return &keyRows{first: make(map[string]Row), at: make(map[string]int64), more: make(map[string][]Row)}
}

func (k *keyRows) add(key string, at int64, row Row) {
	if key == "" {
		return
	}
	if _, known := k.first[key]; !known {
		k.first[key] = row
		return
	}
	k.at[key] = max(k.at[key], at)
	k.more[key] = append(k.more[key], row)
}

func (k *keyRows) judge(ix *index, f *findings, kind evidence.Kind, what string) {
	f.exercised += int64(len(k.first))
	for key, rows := range k.more {
		f.violate(what, Case{
			AtUS: k.at[key], Values: map[string]string{"idempotency_key": key},
			Expected: "one row", Found: fmt.Sprintf("%d rows", len(rows)+1), severity: int64(len(rows)),
		}, ix.show(aboutKey(kind, key), append([]Row{k.first[key]}, rows...)...))
	}
}

// judgeKeyAnswers compares the ids that were given to one request.
func judgeKeyAnswers(ix *index, f *findings) {
	for id, r := range ix.requests {
		if id.key == "" || id.kind == evidence.SendWebhook {
			continue
		}
		var first *evidence.Operation
		for _, op := range r.attempts {
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
	}
}

// gotID is the id that the answer to a hold or an order named.
func gotID(op *evidence.Operation) int64 {
	if op.Kind == evidence.CreateHold {
		return op.GotHoldID
	}
	return op.GotOrderID
}
