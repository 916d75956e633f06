package checker

import (
	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

func productID(p *evidence.Product) int64 { return p.ID }
func holdID(h *history.Hold) int64        { return h.ID }
func orderID(o *history.Order) int64      { return o.ID }
func eventID(e *history.Event) int64      { return e.ID }

// hold returns the hold with an id, nil if there is none.
func (ix *index) hold(id int64) *history.Hold {
	if i := ix.holds.Find(id); i != history.None {
		return ix.final.Holds.At(i)
	}
	return nil
}

// order returns the order with an id, nil if there is none.
func (ix *index) order(id int64) *history.Order {
	if i := ix.orders.Find(id); i != history.None {
		return ix.final.Orders.At(i)
	}
	return nil
}

// ordersFor returns the numbers of a hold's orders.
func (ix *index) ordersFor(hold int64) []uint32 { return ix.ordersOf.Of(ix.holds.Find(hold)) }

// eventsFor returns the numbers of an order's events.
func (ix *index) eventsFor(order int64) []uint32 { return ix.eventsOf.Of(ix.orders.Find(order)) }

func (old *oldRows) hold(id int64) bool  { return old.holds.Find(id) != history.None }
func (old *oldRows) order(id int64) bool { return old.orders.Find(id) != history.None }
func (old *oldRows) event(id int64) bool { return old.events.Find(id) != history.None }

// showHold shows a hold, its orders, and what clients sent for them.
func (ix *index) showHold(h *history.Hold) exhibit {
	rows := []rowRef{holdRow(h.ID)}
	for _, i := range ix.ordersFor(h.ID) {
		rows = append(rows, orderRow(ix.final.Orders.At(i).ID))
	}
	return showRows(aboutHold(h.ID, ix.history.HoldKeys.Text(h.Key)), rows...)
}

// showOrder shows an order, its hold, its events, and what clients sent for it.
func (ix *index) showOrder(o *history.Order) exhibit {
	rows := []rowRef{orderRow(o.ID), holdRow(o.Hold)}
	for _, i := range ix.eventsFor(o.ID) {
		rows = append(rows, eventRow(ix.final.Events.At(i).ID))
	}
	return showRows(aboutOrder(o.ID, o.Hold), rows...)
}
