package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
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
			h := &ix.history
			judgeKeys(ix, f)
			judgeKeyAnswers(f, &ix.holdRequests, &h.HoldKeys, evidence.CreateHold, func(i uint32) (*history.Attempt, int64) {
				c := h.Holds.At(i)
				return &c.Attempt, c.GotHold
			})
			judgeKeyAnswers(f, &ix.orderRequests, &h.OrderKeys, evidence.CreateOrder, func(i uint32) (*history.Attempt, int64) {
				c := h.Orders.At(i)
				return &c.Attempt, c.GotOrder
			})
		},
		standing: judgeKeys,
	}
}

// judgeKeys counts the rows of every key.
func judgeKeys(ix *index, f *findings) {
	t, h := ix.final, &ix.history
	judgeKeyRows(f, &keyRows{
		&ix.eventsByKey, &h.EventKeys, evidence.SendWebhook, "One payment event was stored more than once.",
		func(i uint32) (rowRef, int64) { e := t.Events.At(i); return eventRow(e.ID), e.CreatedAt },
	})
	judgeKeyRows(f, &keyRows{
		&ix.holdsByKey, &h.HoldKeys, evidence.CreateHold, "One hold request made more than one hold.",
		func(i uint32) (rowRef, int64) { r := t.Holds.At(i); return holdRow(r.ID), r.CreatedAt },
	})
	judgeKeyRows(f, &keyRows{
		&ix.ordersByKey, &h.OrderKeys, evidence.CreateOrder, "One order request made more than one order.",
		func(i uint32) (rowRef, int64) { o := t.Orders.At(i); return orderRow(o.ID), o.CreatedAt },
	})
}

// keyRows are the rows of one table, by key.
type keyRows struct {
	of   *history.Groups
	keys *history.Keys
	kind evidence.Kind
	what string
	row  func(uint32) (rowRef, int64) // and when it was created
}

func judgeKeyRows(f *findings, k *keyRows) {
	for group, members := range k.of.All() {
		f.exercised++
		if len(members) == 1 {
			continue
		}
		shown := make([]rowRef, len(members))
		for i, row := range members {
			shown[i], _ = k.row(row)
		}
		key := k.keys.Text(history.KeyID(group + 1))
		_, second := k.row(members[1])
		f.violate(k.what, Case{
			AtUS: second, IDs: rowIDs(shown[1]), Values: map[string]string{"idempotency_key": key},
			Expected: "one row", Found: fmt.Sprintf("%d rows", len(members)), severity: int64(len(members)),
		}, showRows(aboutKey(k.kind, key), shown...))
	}
}

// rowIDs names a row as cases do.
func rowIDs(row rowRef) map[string]int64 {
	name := "event_id"
	switch row.table {
	case evidence.TableHolds:
		name = "hold_id"
	case evidence.TableOrders:
		name = "order_id"
	}
	return map[string]int64{name: row.id}
}

// judgeKeyAnswers compares the ids that were given to one request.
func judgeKeyAnswers(
	f *findings, requests *requests, keys *history.Keys, kind evidence.Kind, got func(uint32) (*history.Attempt, int64),
) {
	for group, attempts := range requests.keyed.All() {
		var first *history.Attempt
		firstID := int64(0)
		for _, i := range attempts {
			a, id := got(i)
			switch {
			case a.Outcome != history.OK:
			case first == nil:
				first, firstID = a, id
			case firstID != id:
				f.violate("One request was answered with different ids.", Case{
					AtNS:     a.Return,
					Values:   map[string]string{"idempotency_key": keys.Text(history.KeyID(group + 1)), "kind": kind},
					Expected: "id " + strconv.FormatInt(firstID, 10), Found: "id " + strconv.FormatInt(id, 10),
				}, showOps([]uint32{first.ID, a.ID}))
			}
		}
	}
}
