package realtime

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// webhookCall judges the answer to a delivery. One that was tampered with is not asked for reasons.
func (j *judge) webhookCall(c *history.WebhookCall) {
	a := &c.Attempt
	row, inserted := j.keyedEvent(a.Key)
	switch {
	case a.Tamper != history.Honest:
	case a.Acknowledged():
		if row != nil && row.Order == c.Order {
			if j.shown(a, event, row.ID, inserted) { // if not, that is what is wrong
				j.orderStatus(c, inserted)
			}
		}
	case a.Outcome != history.Refused:
	case a.Problem == history.ProblemNotFound:
		j.refused(a, inserted,
			func(w Window) (Position, bool) { return j.Recorder.Orders.First(c.Order, w, StateSet(Absent)) },
			func(Window) Finding { return denied(order, c.Order) })
	case a.Problem == history.ProblemKeyReused:
		if row == nil || row.Order == c.Order && row.Payment == c.Payment {
			j.place(RefusalTrue, a, nowhere, func(Window) Finding { return notReused(event, order.id(c.Order)) })
			return
		}
		j.reused(a, event, row.ID, inserted)
	}
}

// orderStatus judges the status of the order that an answer tells: it is read by the decision itself, inside the
// event's commit, or at any time after it.
func (j *judge) orderStatus(c *history.WebhookCall, inserted Position) {
	wanted := StateSet(c.GotStatus)
	rows := &j.Recorder.Orders
	j.place(ReadTrue, &c.Attempt,
		func(w Window) (Position, bool) {
			if inserted > w.Low && inserted <= w.High &&
				wanted&orderBetween(rows.State(c.Order, inserted-1), rows.State(c.Order, inserted)) != 0 {
				return inserted, true
			}
			return rows.FirstInside(c.Order, Window{max(w.Low, inserted), w.High}, wanted, orderBetween)
		},
		func(w Window) Finding {
			return Finding{
				What: "A webhook's answer showed a status that the order did not have between its call and its return.",
				IDs:  order.id(c.Order), Expected: "the status " + w.String(), Found: c.GotStatus.String(),
				Commits: rows.Positions(c.Order, w),
			}
		})
}

// refund judges an event that was decided to be a refund, by what its own commit met: the order was paid already,
// or its reservation was gone and there was not enough left to take it again.
func (j *judge) refund(r *Refund) {
	o := j.Order(r.Order)
	if o == nil {
		return
	}
	j.exercised[RefusalTrue]++
	rec := j.Recorder
	paid := StateSet(history.OrderPaid)
	if paid&orderBetween(rec.Orders.State(o.ID, r.Position-1), rec.Orders.State(o.ID, r.Position)) != 0 {
		return
	}
	f := Finding{Promise: RefusalTrue, AtUS: r.Decided, Commits: []Position{r.Position},
		IDs: map[string]int64{"event_id": r.Event, "order_id": o.ID, "hold_id": o.Hold}}
	if rec.Timed && j.reserved(o, r) {
		f.What = "A payment was called due back although its order was reserved."
		f.Expected, f.Found = "paid", "refund_due"
		j.report(f)
		return
	}
	stock := rec.Stock(o.Product)
	if !rec.Timed || stock == nil {
		return
	}
	if low, _, ok := stock.Inside(r.Position, r.Decided, r.Decided); ok && low >= o.Qty {
		f.What = "A late payment was called due back although there was enough left to fulfil it."
		f.Expected, f.Found = fmt.Sprintf("less than %d available", o.Qty), fmt.Sprintf("%d at least", low)
		f.Severity = low
		j.report(f)
	}
}

// reserved tells whether an order's hold was in force all through the commit that called its payment due back.
func (j *judge) reserved(o *history.Order, r *Refund) bool {
	h := j.Hold(o.Hold)
	if h == nil || r.Decided >= h.ExpiresAt {
		return false
	}
	met := holdBetween(j.Recorder.Holds.State(h.ID, r.Position-1), j.Recorder.Holds.State(h.ID, r.Position))
	return met&^StateSet(history.HoldActive, history.HoldUsed) == 0
}
