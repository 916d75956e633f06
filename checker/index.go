package checker

import (
	"cmp"
	"strings"

	"flashsale/internal/evidence"
)

// States as the tables and the answers name them.
const (
	holdActive    = "active"
	holdUsed      = "used"
	holdCompleted = "completed"
	holdExpired   = "expired"
	holdCanceled  = "canceled"

	orderPending  = "pending"
	orderPaid     = "paid"
	orderCanceled = "canceled"

	paymentSuccess = "success"
	paymentFailure = "failure"

	outcomePaid      = "paid"
	outcomeCanceled  = "canceled"
	outcomeRefundDue = "refund_due"
	outcomeIgnored   = "ignored"
)

// kindTarget is the kind of server that is not ours: nothing is known about how it stamps its rows.
const kindTarget = "target"

// index is the evidence joined once, for all checks to share. Rows are those of the final tables; without
// final tables there are none, and checks that need them are not asked.
type index struct {
	*Evidence
	final *evidence.Tables
	clock *clock

	whole   bool   // every attempt of the run is among the operations
	timed   bool   // rows bear decision times that can be compared
	untimed string // why not

	products    map[int64]*evidence.Product
	holds       map[int64]*evidence.Hold
	orders      map[int64]*evidence.Order
	ordersOf    lookup[int64, evidence.Order]        // by hold
	eventsOf    lookup[int64, evidence.PaymentEvent] // by order, as they were decided
	eventsByKey lookup[string, evidence.PaymentEvent]
	old         oldRows

	requests lookup[identity, evidence.Operation] // the attempts at every write, by call
	origins  origins                              // where the rows that are not old come from
}

// identity tells requests apart: by endpoint and key, for one key is one request however often it is sent;
// without a key by the first attempt.
type identity struct {
	kind  evidence.Kind
	key   string
	first int64
}

func identityOf(op *evidence.Operation) identity {
	if op.Key != "" {
		return identity{kind: op.Kind, key: op.Key}
	}
	return identity{kind: op.Kind, first: op.Request}
}

func compareIdentities(a, b identity) int {
	return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.first, b.first), strings.Compare(a.kind, b.kind))
}

// oldRows are the ids that were there before the run.
type oldRows struct {
	holds, orders, events map[int64]bool
}

func newIndex(ev *Evidence) *index {
	ix := &index{
		Evidence: ev,
		final:    ev.Final,
		clock:    newClock(ev.Run.Probes),
		whole:    ev.Run.Interrupted == "" && len(ev.Run.Gaps) == 0 && ev.Trouble[NeedOperations] == "",
	}
	if ix.final == nil {
		ix.final = new(evidence.Tables)
	}
	ix.timed, ix.untimed = ix.stamps()
	ix.indexRows()
	ix.indexOld()
	ix.indexRequests()
	ix.origins = findOrigins(ix)
	return ix
}

func (ix *index) indexRows() {
	t := ix.final
	ix.products = byID(t.Products, func(row *evidence.Product) int64 { return row.ID })
	ix.holds = byID(t.Holds, func(row *evidence.Hold) int64 { return row.ID })
	ix.orders = byID(t.Orders, func(row *evidence.Order) int64 { return row.ID })
	ix.ordersOf = newLookup(pointers(t.Orders, nil),
		func(row *evidence.Order) int64 { return row.HoldID }, cmp.Compare,
		func(a, b *evidence.Order) int { return cmp.Compare(a.ID, b.ID) })
	ix.eventsOf = newLookup(pointers(t.Events, nil),
		func(row *evidence.PaymentEvent) int64 { return row.OrderID }, cmp.Compare,
		func(a, b *evidence.PaymentEvent) int {
			return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
	ix.eventsByKey = newLookup(pointers(t.Events, nil),
		func(row *evidence.PaymentEvent) string { return row.Key }, strings.Compare,
		func(a, b *evidence.PaymentEvent) int { return cmp.Compare(a.ID, b.ID) })
}

func byID[T any](rows []T, id func(*T) int64) map[int64]*T {
	index := make(map[int64]*T, len(rows))
	for i := range rows {
		index[id(&rows[i])] = &rows[i]
	}
	return index
}

func (ix *index) indexOld() {
	ix.old = oldRows{holds: make(map[int64]bool), orders: make(map[int64]bool), events: make(map[int64]bool)}
	if ix.Start == nil {
		return
	}
	for i := range ix.Start.Holds {
		ix.old.holds[ix.Start.Holds[i].ID] = true
	}
	for i := range ix.Start.Orders {
		ix.old.orders[ix.Start.Orders[i].ID] = true
	}
	for i := range ix.Start.Events {
		ix.old.events[ix.Start.Events[i].ID] = true
	}
}

func (ix *index) indexRequests() {
	writes := pointers(ix.Operations, func(op *evidence.Operation) bool { return isWrite(op.Kind) })
	ix.requests = newLookup(writes, identityOf, compareIdentities, func(a, b *evidence.Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.ID, b.ID))
	})
}

func isWrite(kind evidence.Kind) bool {
	return kind == evidence.CreateHold || kind == evidence.CreateOrder || kind == evidence.SendWebhook
}

// has tells whether the database had a column, as "table.column".
func (ix *index) has(column string) bool { return ix.final.Columns[column] }

// stamps finds out whether the rows' times are decision times that can be compared: see the package's comment.
func (ix *index) stamps() (timed bool, why string) {
	switch {
	case ix.Run.Server.Kind == kindTarget:
		return false, "how this server stamps its rows is not known"
	case !ix.has("holds.created_at"), !ix.has("holds.updated_at"), !ix.has("orders.created_at"),
		!ix.has("payment_events.created_at"):
		return false, "the tables do not keep the times of decisions"
	case ix.clock.step != "":
		return false, ix.clock.step
	}
	return true, ""
}

// honest tells a webhook that must be accepted from one that must be answered 401.
func honest(op *evidence.Operation) bool { return op.Tamper == "" }

// acknowledged is an honest write that was answered 2xx.
func acknowledged(op *evidence.Operation) bool {
	return op.Outcome == evidence.OK && isWrite(op.Kind) && honest(op)
}

// acknowledgedOf calls each for every acknowledged write of a kind.
func (ix *index) acknowledgedOf(kind evidence.Kind, each func(*evidence.Operation)) {
	for i := range ix.Operations {
		if op := &ix.Operations[i]; op.Kind == kind && acknowledged(op) {
			each(op)
		}
	}
}

// reserves tells whether a hold in this state keeps its stock until it lapses.
func reserves(status string) bool { return status == holdActive || status == holdUsed }
