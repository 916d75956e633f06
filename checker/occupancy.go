package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// change is one step of a product's occupied stock.
type change struct {
	at   int64 // database time
	qty  int64 // taken, or released if negative
	hold *evidence.Hold
}

// occupancy turns a hold's row and the events of its orders into the steps by which it took and released
// stock. It is charged for no longer than it surely had its stock:
//
//	from created_at     until it lapsed, or was canceled before that
//	from the paid event on for ever; a late payment takes the stock again then
func (ix *index) occupancy(h *evidence.Hold, steps []change) []change {
	paid, canceled := ix.settledAt(h)
	end := h.ExpiresAt
	if canceled != 0 {
		end = min(end, canceled)
	}
	if h.Status == holdCompleted && paid != 0 && paid < end {
		return append(steps, change{h.CreatedAt, h.Qty, h})
	}
	if end > h.CreatedAt {
		steps = append(steps, change{h.CreatedAt, h.Qty, h}, change{end, -h.Qty, h})
	}
	if h.Status == holdCompleted && paid != 0 {
		steps = append(steps, change{paid, h.Qty, h})
	}
	return steps
}

// settledAt finds when a hold's payment and its cancellation were decided; 0: never.
func (ix *index) settledAt(h *evidence.Hold) (paid, canceled int64) {
	for _, o := range ix.ordersOf.of(h.ID) {
		for _, e := range ix.eventsOf.of(o.ID) {
			switch {
			case e.Outcome == outcomePaid && paid == 0:
				paid = e.CreatedAt
			case e.Outcome == outcomeCanceled && canceled == 0:
				canceled = e.CreatedAt
			}
		}
	}
	if h.Status == holdCanceled && canceled == 0 {
		canceled = h.UpdatedAt
	}
	if h.Status == holdCompleted && paid == 0 {
		paid = h.UpdatedAt
	}
	return paid, canceled
}

// sortChanges puts steps in order of time; at one instant releases come first, for a batch that releases
// and takes decides both at the same time.
func sortChanges(steps []change) {
	slices.SortFunc(steps, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.qty, b.qty))
	})
}
