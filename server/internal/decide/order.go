package decide

import "flashsale/internal/api"

func (r *Round) createOrder(c CreateOrder) Answer {
	s := r.state
	if c.Key != "" {
		if used, ok := s.OrderKeys[c.Key]; ok {
			return replayOrder(c, used)
		}
	}
	h, ok := s.Holds[c.HoldID]
	if !ok {
		return Answer{Refusal: api.ProblemNotFound}
	}
	r.meet(h)
	if o, ok := s.Orders[c.HoldID]; ok && h.Status != api.HoldCanceled {
		return Answer{Refusal: api.ProblemHoldAlreadyUsed, OrderID: o.ID, NewOrder: o.New}
	}
	switch h.Status {
	case api.HoldActive:
		return r.newOrder(c, h)
	case api.HoldCanceled:
		return Answer{Refusal: api.ProblemHoldCanceled}
	}
	return Answer{Refusal: api.ProblemHoldExpired}
}

func (r *Round) newOrder(c CreateOrder, h *Hold) Answer {
	s := r.state
	h.Status, h.Changed = api.HoldUsed, true
	total := s.Product.Price * h.Qty
	r.changes.NewOrders = append(r.changes.NewOrders, NewOrder{HoldID: h.ID, Qty: h.Qty, TotalPrice: total, Key: c.Key})
	place := len(r.changes.NewOrders)
	s.Orders[h.ID] = &Order{HoldID: h.ID, Qty: h.Qty, TotalPrice: total, Status: api.OrderPending, New: place}
	if c.Key != "" {
		s.OrderKeys[c.Key] = KeyedOrder{HoldID: h.ID, Qty: h.Qty, TotalPrice: total, New: place}
	}
	return Answer{NewOrder: place, OrderStatus: api.OrderPending, Qty: h.Qty, TotalPrice: total}
}

// replayOrder repeats the first success, in which the order was pending, whatever has become of it since.
func replayOrder(c CreateOrder, used KeyedOrder) Answer {
	if used.HoldID != c.HoldID {
		return Answer{Refusal: api.ProblemKeyReused}
	}
	return Answer{OrderID: used.ID, NewOrder: used.New, OrderStatus: api.OrderPending,
		Qty: used.Qty, TotalPrice: used.TotalPrice, Replayed: true}
}
