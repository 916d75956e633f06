package measure

import (
	"cmp"
	"slices"
	"time"

	"flashsale/internal/evidence"
)

// stockChange is one decision about a product's stock, by the time at which it was decided.
type stockChange struct {
	at             int64 // database microseconds
	product        int64
	sold, reserved int64 // what was added, or taken away if negative
}

// rowsTelling tells a sale by what the rows of the final tables still tell of it: when a hold was granted, until when
// it held, when it was paid. What a row no longer shows, as a sale that was undone, goes untold.
func rowsTelling(t *evidence.Tables, clock Clock) telling {
	changes := changesOf(t)
	return func(tell func(product int64, at time.Duration, from, to Units)) error {
		now := make(map[int64]Units, len(t.Products))
		for i := range t.Products {
			p := &t.Products[i]
			now[p.ID] = Units{Total: p.StockTotal}
			tell(p.ID, 0, Units{}, now[p.ID])
		}
		for first := 0; first < len(changes); {
			c := changes[first]
			from := now[c.product]
			to := from
			for ; first < len(changes) && changes[first].at == c.at && changes[first].product == c.product; first++ {
				to.Sold += changes[first].sold // decided in one batch: nobody ever saw a state between
				to.Reserved += changes[first].reserved
			}
			now[c.product] = to
			tell(c.product, max(clock.SinceStart(c.at), 0), from, to)
		}
		return nil
	}
}

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
	slices.SortFunc(changes, func(a, b stockChange) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.product, b.product))
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
