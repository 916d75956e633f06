package measure

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// settled says when a hold's payment and its cancellation were decided, in database microseconds; 0: never.
type settled struct{ paid, canceled int64 }

// changesOf turns rows into the changes of stock they stand for, in order of time. A hold takes its units when it is
// granted. It gives them back when it lapses, or when a failed payment cancels it before; a payment turns reserved
// units into sold ones, and a late payment takes units that had been given back.
func changesOf(t *evidence.Tables) []stockChange {
	settledAt := settlements(t)
	changes := make([]stockChange, 0, 2*len(t.Holds))
	for i := range t.Holds {
		changes = holdChanges(changes, &t.Holds[i], settledAt[t.Holds[i].ID])
	}
	// Within one decision what is given back comes first: a batch releases lapsed stock before it grants.
	slices.SortFunc(changes, func(a, b stockChange) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.product, b.product),
			cmp.Compare(a.sold+a.reserved, b.sold+b.reserved))
	})
	return changes
}

func holdChanges(changes []stockChange, h *evidence.Hold, s settled) []stockChange {
	if s.canceled == 0 && h.Status == "canceled" {
		s.canceled = h.UpdatedAt
	}
	switch {
	case h.Status != "completed":
		s.paid = 0
	case s.paid == 0:
		s.paid = h.UpdatedAt
	}
	end := h.ExpiresAt
	if s.canceled != 0 {
		end = min(end, s.canceled)
	}
	if s.paid != 0 && s.paid < end {
		return append(changes, stockChange{at: h.CreatedAt, product: h.ProductID, reserved: h.Qty},
			stockChange{at: s.paid, product: h.ProductID, sold: h.Qty, reserved: -h.Qty})
	}
	if end > h.CreatedAt {
		changes = append(changes, stockChange{at: h.CreatedAt, product: h.ProductID, reserved: h.Qty},
			stockChange{at: end, product: h.ProductID, reserved: -h.Qty})
	}
	if s.paid != 0 {
		changes = append(changes, stockChange{at: s.paid, product: h.ProductID, sold: h.Qty})
	}
	return changes
}

// settlements joins holds with the payment events of their orders.
func settlements(t *evidence.Tables) map[int64]settled {
	holdOf := make(map[int64]int64, len(t.Orders))
	for i := range t.Orders {
		holdOf[t.Orders[i].ID] = t.Orders[i].HoldID
	}
	byHold := make(map[int64]settled, len(t.Orders))
	for i := range t.Events {
		e := &t.Events[i]
		hold, ok := holdOf[e.OrderID]
		if !ok {
			continue
		}
		s := byHold[hold]
		switch e.Outcome {
		case "paid":
			s.paid = earliest(s.paid, e.CreatedAt)
		case "canceled":
			s.canceled = earliest(s.canceled, e.CreatedAt)
		}
		byHold[hold] = s
	}
	return byHold
}

// earliest of two times, of which the first may be unknown.
func earliest(known, at int64) int64 {
	if known == 0 {
		return at
	}
	return min(known, at)
}
