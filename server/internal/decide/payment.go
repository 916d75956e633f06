package decide

import "flashsale/internal/api"

func (r *Round) payment(c ApplyPayment) (Answer, bool) {
	s := r.state
	order, hold := s.Orders[c.HoldID], s.Holds[c.HoldID]
	if e, used := s.Events[c.Key]; used {
		if e.OrderID != c.OrderID || e.Payment != c.Payment || order == nil {
			return Answer{Refusal: api.ProblemKeyReused}, true
		}
		return Answer{OrderStatus: order.Status, Outcome: e.Outcome, Replayed: true}, true
	}
	// An order that this very round makes has no id yet: nobody can mean it.
	if order == nil || hold == nil || order.New != 0 || order.ID != c.OrderID {
		return Answer{Refusal: api.ProblemNotFound}, true
	}
	r.meet(hold)
	var outcome string
	decided := true
	if c.Payment == api.PaymentSuccess {
		outcome, decided = r.success(order, hold)
	} else {
		outcome = r.failure(order, hold)
	}
	if !decided {
		return Answer{}, false
	}
	s.Events[c.Key] = Event{OrderID: c.OrderID, Payment: c.Payment, Outcome: outcome}
	r.changes.NewEvents = append(r.changes.NewEvents, NewEvent{OrderID: c.OrderID, Key: c.Key, Payment: c.Payment,
		Outcome: outcome, RawPayload: c.RawPayload})
	return Answer{OrderStatus: order.Status, Outcome: outcome}, true
}

// success pays the order if its units are still reserved or can be had again; money that buys nothing is
// due back. decided is false when lapsed holds not loaded yet might give the units.
func (r *Round) success(o *Order, h *Hold) (outcome string, decided bool) {
	if o.Status == api.OrderPaid {
		return api.OutcomeRefundDue, true
	}
	product := r.state.Product
	if h.Status == api.HoldUsed {
		product.Held -= h.Qty
	} else {
		enough, known := r.makeRoom(o.Qty)
		if !known {
			return "", false
		}
		if !enough {
			setOrder(o, api.OrderCanceled)
			return api.OutcomeRefundDue, true
		}
	}
	product.Sold += o.Qty
	h.Status, h.Changed = api.HoldCompleted, true
	setOrder(o, api.OrderPaid)
	return api.OutcomePaid, true
}

// failure cancels a pending order and gives its units back, unless their hold has lapsed and given them
// back already.
func (r *Round) failure(o *Order, h *Hold) string {
	if o.Status != api.OrderPending {
		return api.OutcomeIgnored
	}
	setOrder(o, api.OrderCanceled)
	if h.Status == api.HoldUsed {
		h.Status, h.Changed = api.HoldCanceled, true
		r.state.Product.Held -= h.Qty
	}
	return api.OutcomeCanceled
}

func setOrder(o *Order, status string) {
	if o.Status != status {
		o.Status, o.Changed = status, true
	}
}
