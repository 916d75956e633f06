package server

import (
	"time"

	"flashsale/server/internal/recent"
)

// routes finds the product whose lane a hold or an order belongs to. Both are fixed when the row is
// inserted, so what was once read or made stays true, and may be remembered. That a product exists is
// remembered likewise: one that does not gets no lane, or strangers who ask for made-up products would
// have a transaction each, before those who buy.
type routes struct {
	reads    *reads
	products recent.Map[int64, struct{}]
	holds    recent.Map[int64, int64]
	orders   recent.Map[int64, orderRoute]
}

type orderRoute struct{ productID, holdID int64 }

func newRoutes(r *reads) *routes { return &routes{reads: r} }

func (r *routes) learnHold(holdID, productID int64)          { r.holds.Put(holdID, productID) }
func (r *routes) learnOrder(orderID int64, route orderRoute) { r.orders.Put(orderID, route) }

func (r *routes) productExists(until time.Time, productID int64) (bool, error) {
	if _, found := r.products.Get(productID); found {
		return true, nil
	}
	_, found, err := r.reads.products.Get(until, productID)
	if found {
		r.products.Put(productID, struct{}{})
	}
	return found, err
}

func (r *routes) productOfHold(until time.Time, holdID int64) (productID int64, found bool, err error) {
	if productID, found = r.holds.Get(holdID); found {
		return productID, true, nil
	}
	h, found, err := r.reads.holds.Get(until, holdID)
	if found {
		r.learnHold(holdID, h.ProductID)
	}
	return h.ProductID, found, err
}

func (r *routes) orderRoute(until time.Time, orderID int64) (route orderRoute, found bool, err error) {
	if route, found = r.orders.Get(orderID); found {
		return route, true, nil
	}
	o, found, err := r.reads.orders.Get(until, orderID)
	route = orderRoute{productID: o.ProductID, holdID: o.HoldID}
	if found {
		r.learnOrder(orderID, route)
	}
	return route, found, err
}
