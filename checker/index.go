package checker

import (
	"cmp"
	"runtime"

	"golang.org/x/sync/errgroup"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/realtime"
)

// kindTarget is the kind of server that is not ours: nothing is known about how it stamps its rows.
const kindTarget = "target"

// index is the evidence joined once, for all checks to share and none to change. Rows are those of the final
// tables; without final tables there are none, and checks that need them are not asked. Everything is found by
// the number of its record in its list.
type index struct {
	*intake
	final *history.Tables // never nil

	whole  bool   // every attempt of the run is among the operations
	timed  bool   // rows bear decision times that can be compared
	notime string // why not

	// stamped says of a living shop that its rows bear the times of their decisions. Nobody has measured its clock,
	// which may have been set back: times of different rows cannot be compared.
	stamped bool

	products, holds, orders history.IDs
	ordersOf                history.Groups // of a hold, by id
	eventsOf                history.Groups // of an order, as they were decided
	holdsByKey              history.Groups // by key
	ordersByKey             history.Groups
	eventsByKey             history.Groups
	old                     oldRows

	holdRequests, orderRequests, webhookRequests requests
	origins                                      origins // where the rows that are not old come from

	joint func() map[realtime.Promise]*findings // see jointly
	early errgroup.Group                        // the pass behind it, which takes longer than any check
}

// oldRows find the rows that were there before the run.
type oldRows struct {
	holds, orders, events history.IDs
}

func newIndex(in *intake) *index {
	ix := &index{
		intake: in, final: in.final,
		whole: in.run.Interrupted == "" && len(in.run.Gaps) == 0 && in.trouble[NeedOperations] == "",
	}
	if ix.final == nil {
		ix.final = new(history.Tables)
	}
	ix.timed, ix.notime = in.stamps(ix.final.Columns)
	ix.indexIDs()
	if ix.joint = jointly(ix); ix.has(NeedOperations) && ix.has(NeedCommits) && ix.has(NeedFinal) {
		ix.early.Go(ix.beginJointly)
	}
	inParallel(ix.indexRows, ix.indexKeys, ix.indexRequests)
	ix.origins = findOrigins(ix)
	return ix
}

// inParallel runs tasks that do not touch each other's results.
func inParallel(tasks ...func()) {
	var pool errgroup.Group
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for _, task := range tasks {
		pool.Go(func() error {
			task()
			return nil
		})
	}
	_ = pool.Wait() // tasks have no errors
}

func (ix *index) indexIDs() {
	t := ix.final
	ix.products = history.IndexIDs(&t.Products, productID)
	ix.holds = history.IndexIDs(&t.Holds, holdID)
	ix.orders = history.IndexIDs(&t.Orders, orderID)
	if start := ix.start; start != nil {
		ix.old.holds = history.IndexIDs(&start.Holds, holdID)
		ix.old.orders = history.IndexIDs(&start.Orders, orderID)
		ix.old.events = history.IndexIDs(&start.Events, eventID)
	}
}

func (ix *index) indexRows() {
	t := ix.final
	ix.ordersOf = history.Group(&t.Orders, t.Holds.Len(), func(o *history.Order) uint32 { return ix.holds.Find(o.Hold) })
	ix.ordersOf.Sort(func(a, b uint32) int { return cmp.Compare(t.Orders.At(a).ID, t.Orders.At(b).ID) })
	ix.eventsOf = history.Group(&t.Events, t.Orders.Len(), func(e *history.Event) uint32 { return ix.orders.Find(e.Order) })
	ix.eventsOf.Sort(func(a, b uint32) int {
		e, f := t.Events.At(a), t.Events.At(b)
		return cmp.Or(cmp.Compare(e.CreatedAt, f.CreatedAt), cmp.Compare(e.ID, f.ID))
	})
}

func (ix *index) indexKeys() {
	t, h := ix.final, &ix.history
	ix.holdsByKey = history.Group(&t.Holds, h.HoldKeys.Len(), func(r *history.Hold) uint32 { return r.Key.Group() })
	ix.ordersByKey = history.Group(&t.Orders, h.OrderKeys.Len(), func(r *history.Order) uint32 { return r.Key.Group() })
	ix.eventsByKey = history.Group(&t.Events, h.EventKeys.Len(), func(r *history.Event) uint32 { return r.Key.Group() })
}

func (ix *index) indexRequests() {
	h := &ix.history
	ix.holdRequests = newRequests(&h.Holds, h.HoldKeys.Len())
	ix.orderRequests = newRequests(&h.Orders, h.OrderKeys.Len())
	ix.webhookRequests = newRequests(&h.Webhooks, h.EventKeys.Len())
}

// keeps tells whether the database has a column, as "table.column".
func (ix *index) keeps(column string) bool { return ix.final.Columns[column] }

// stamps finds out whether the times of rows with these columns are decision times that can be compared: see the
// package's comment.
func (in *intake) stamps(columns map[string]bool) (timed bool, why string) {
	switch {
	case in.run.Server.Kind == kindTarget:
		return false, "how this server stamps its rows is not known"
	case !stamped(columns):
		return false, "the tables do not keep the times of decisions"
	case in.clock.step != "":
		return false, in.clock.step
	}
	return true, ""
}

// stamped tells whether there are columns for the times of decisions.
func stamped(columns map[string]bool) bool {
	return columns["holds.created_at"] && columns["holds.updated_at"] && columns["orders.created_at"] &&
		columns["payment_events.created_at"]
}
