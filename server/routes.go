package server

import (
	"sync"
	"time"
)

// routes finds the product whose lane a hold or an order belongs to. Both are fixed when the row is
// inserted, so what was once read or made stays true, and may be remembered. That a product exists is
// remembered likewise: one that does not gets no lane, or strangers who ask for made-up products would
// have a transaction each, before those who buy.
type routes struct {
	reads    *reads
	products memory[struct{}]
	holds    memory[int64]
	orders   memory[orderRoute]
}

type orderRoute struct{ productID, holdID int64 }

func newRoutes(r *reads) *routes { return &routes{reads: r} }

func (r *routes) learnHold(holdID, productID int64)          { r.holds.put(holdID, productID) }
func (r *routes) learnOrder(orderID int64, route orderRoute) { r.orders.put(orderID, route) }

func (r *routes) productExists(until time.Time, productID int64) (bool, error) {
	if _, found := r.products.get(productID); found {
		return true, nil
	}
	_, found, err := r.reads.products.Get(until, productID)
	if found {
		r.products.put(productID, struct{}{})
	}
	return found, err
}

func (r *routes) productOfHold(until time.Time, holdID int64) (productID int64, found bool, err error) {
	if productID, found = r.holds.get(holdID); found {
		return productID, true, nil
	}
	h, found, err := r.reads.holds.Get(until, holdID)
	if found {
		r.learnHold(holdID, h.ProductID)
	}
	return h.ProductID, found, err
}

func (r *routes) orderRoute(until time.Time, orderID int64) (route orderRoute, found bool, err error) {
	if route, found = r.orders.get(orderID); found {
		return route, true, nil
	}
	o, found, err := r.reads.orders.Get(until, orderID)
	route = orderRoute{productID: o.ProductID, holdID: o.HoldID}
	if found {
		r.learnOrder(orderID, route)
	}
	return route, found, err
}

// generationMax bounds a memory to two generations of this many entries, some 50 MB at worst.
const generationMax = 1 << 18

// memory is a bounded cache: what is asked for stays; what is not is gone after two generations.
type memory[V any] struct {
	mu         sync.Mutex
	young, old map[int64]V
}

func (m *memory[V]) get(id int64) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.young[id]; ok {
		return v, true
	}
	v, ok := m.old[id]
	if ok {
		m.keep(id, v)
	}
	return v, ok
}

func (m *memory[V]) put(id int64, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(id, v)
}

func (m *memory[V]) forget(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, id)
	delete(m.old, id)
}

func (m *memory[V]) keep(id int64, v V) {
	if m.young == nil || len(m.young) >= generationMax {
		m.old, m.young = m.young, make(map[int64]V)
	}
	m.young[id] = v
}
