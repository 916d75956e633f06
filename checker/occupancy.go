package checker

import (
	"cmp"
	"slices"

	"flashsale/checker/internal/history"
)

// change is one step of a product's occupied stock.
type change struct {
	at   int64  // database time
	qty  int64  // taken, or released if negative
	hold uint32 // its number
}

// occupancy turns a hold's row and the events of its orders into the steps by which it took and released
// stock. It is charged for no longer than it surely had its stock:
//
//	from created_at     until it lapsed, or was canceled before that
//	from the paid event on for ever; a late payment takes the stock again then
func (ix *index) occupancy(n uint32, steps []change) []change {
	h := ix.final.Holds.At(n)
	paid, canceled := ix.settledAt(n, h)
	end := h.ExpiresAt
	if canceled != 0 {
		end = min(end, canceled)
	}
	if h.Status == history.HoldCompleted && paid != 0 && paid < end {
		return append(steps, change{h.CreatedAt, h.Qty, n})
	}
	if end > h.CreatedAt {
		steps = append(steps, change{h.CreatedAt, h.Qty, n}, change{end, -h.Qty, n})
	}
	if h.Status == history.HoldCompleted && paid != 0 {
		steps = append(steps, change{paid, h.Qty, n})
	}
	return steps
}

// settledAt finds when a hold's payment and its cancellation were decided; 0: never.
func (ix *index) settledAt(n uint32, h *history.Hold) (paid, canceled int64) {
	for _, o := range ix.ordersOf.Of(n) {
		for _, i := range ix.eventsOf.Of(o) {
			switch e := ix.final.Events.At(i); {
			case e.Effect == history.EffectPaid && paid == 0:
				paid = e.CreatedAt
			case e.Effect == history.EffectCanceled && canceled == 0:
				canceled = e.CreatedAt
			}
		}
	}
	if h.Status == history.HoldCanceled && canceled == 0 {
		canceled = h.UpdatedAt
	}
	if h.Status == history.HoldCompleted && paid == 0 {
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
