package realtime

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// holdCall judges the answer to POST /api/holds.
func (j *judge) holdCall(c *history.HoldCall) {
	a := &c.Attempt
	if a.Acknowledged() {
		j.shown(a, hold, c.GotHold, j.Recorder.Holds.Inserted(c.GotHold))
		return
	}
	if a.Outcome != history.Refused {
		return
	}
	row, keyed := j.keyedHold(a.Key)
	stock := j.Recorder.Stock(c.Product)
	switch a.Problem {
	case history.ProblemNotFound:
		j.refused(a, keyed, func(w Window) (Position, bool) { return beforeProduct(stock, w) },
			func(Window) Finding { return denied(product, c.Product) })
	case history.ProblemNotEnoughStock:
		j.shortage(c, stock, keyed)
	case history.ProblemKeyReused:
		if !j.Final.Columns["holds.idempotency_key"] {
			return
		}
		if row == nil || row.Product == c.Product && row.Qty == c.Qty {
			j.place(RefusalTrue, a, nowhere, func(Window) Finding { return notReused(hold, product.id(c.Product)) })
			return
		}
		j.reused(a, hold, row.ID, keyed)
	}
}

// shortage judges a refusal for want of stock: the figure that it gives must have been available, and too little.
func (j *judge) shortage(c *history.HoldCall, stock *Stock, keyed Position) {
	switch {
	case c.GotAvailable >= c.Qty:
		j.place(RefusalTrue, &c.Attempt, nowhere, func(Window) Finding {
			return Finding{What: "A hold was refused for want of stock although its own figure is enough.",
				IDs: product.id(c.Product), Expected: fmt.Sprintf("less than %d available", c.Qty),
				Found: fmt.Sprintf("%d available", c.GotAvailable)}
		})
	case stock == nil:
		j.place(RefusalTrue, &c.Attempt, nowhere, func(Window) Finding { return invented(product, c.Product) })
	case j.Recorder.Timed:
		j.refused(&c.Attempt, keyed,
			func(w Window) (Position, bool) { return stock.FirstInside(j.sight(w, &c.Attempt), c.GotAvailable) },
			func(w Window) Finding {
				return Finding{
					What: "A hold was refused with a figure that was not available at any instant between its call and its return.",
					IDs:  product.id(c.Product), Expected: j.possible(stock, w, &c.Attempt),
					Found:   fmt.Sprintf("%d wanted, %d available", c.Qty, c.GotAvailable),
					Commits: stock.Positions(w), Severity: c.Qty,
				}
			})
	}
}

// orderCall judges the answer to POST /api/orders.
func (j *judge) orderCall(c *history.OrderCall) {
	a := &c.Attempt
	if a.Acknowledged() {
		j.shown(a, order, c.GotOrder, j.Recorder.Orders.Inserted(c.GotOrder))
		return
	}
	if a.Outcome != history.Refused {
		return
	}
	row, keyed := j.keyedOrder(a.Key)
	switch a.Problem {
	case history.ProblemNotFound:
		j.holdRefusal(c, keyed, "was not there", func(w Window) (Position, bool) {
			return j.Recorder.Holds.First(c.Hold, w, StateSet(Absent))
		})
	case history.ProblemHoldCanceled:
		j.holdRefusal(c, keyed, "was canceled", func(w Window) (Position, bool) {
			return j.Recorder.Holds.FirstInside(c.Hold, w, StateSet(history.HoldCanceled), holdBetween)
		})
	case history.ProblemHoldExpired:
		if j.Recorder.Timed {
			j.holdRefusal(c, keyed, "had lapsed, unordered", func(w Window) (Position, bool) { return j.holdExpired(c, w) })
		}
	case history.ProblemHoldAlreadyUsed:
		ordered := j.namedOrder(c)
		if j.holdRefusal(c, keyed, "had been used by the order named", func(w Window) (Position, bool) {
			return j.holdUsed(c, ordered, w)
		}) {
			j.sweep.Took(a.Return, ordered, a.ID)
		}
	case history.ProblemKeyReused:
		if !j.Final.Columns["orders.idempotency_key"] {
			return
		}
		if row == nil || row.Hold == c.Hold {
			j.place(RefusalTrue, a, nowhere, func(Window) Finding { return notReused(order, hold.id(c.Hold)) })
			return
		}
		j.reused(a, order, row.ID, keyed)
	}
}

// holdRefusal judges a refusal whose reason is a state of the hold.
func (j *judge) holdRefusal(c *history.OrderCall, keyed Position, reason string,
	find func(Window) (Position, bool)) (ok bool) {
	return j.refused(&c.Attempt, keyed, find, func(w Window) Finding {
		return Finding{
			What: "An order was refused because its hold " + reason +
				", which was not so at any instant between its call and its return.",
			IDs: hold.id(c.Hold), Expected: "the state " + w.String(), Found: c.Problem.String(),
			Commits: j.Recorder.Holds.Positions(c.Hold, w),
		}
	})
}

// holdExpired: the hold had lapsed, marked so or not, and no order had used it; one that is ordered is answered as
// used, lapsed or not.
func (j *judge) holdExpired(c *history.OrderCall, w Window) (Position, bool) {
	wanted := StateSet(history.HoldExpired)
	if row := j.Hold(c.Hold); row != nil && j.lapsed(row, &c.Attempt) {
		wanted |= StateSet(history.HoldActive, history.HoldUsed)
	}
	if ordered := j.Recorder.Ordered.Inserted(c.Hold); ordered <= w.High {
		w.High = max(ordered, 1) - 1
		if ordered == 0 || w.Empty() {
			return 0, false
		}
	}
	at, ok := j.Recorder.Holds.First(c.Hold, w, wanted)
	// What lapses without being marked does so between commits, and never inside one.
	inside, marked := j.Recorder.Holds.FirstInside(c.Hold, w, StateSet(history.HoldExpired), holdBetween)
	if marked && (!ok || inside < at) {
		return inside, true
	}
	return at, ok
}

// holdUsed: the order that used it is there, and the hold not canceled.
func (j *judge) holdUsed(c *history.OrderCall, ordered Position, w Window) (Position, bool) {
	if !w.Reaches(ordered) {
		return 0, false
	}
	wanted := StateSet(history.HoldUsed, history.HoldCompleted, history.HoldExpired)
	return j.Recorder.Holds.FirstInside(c.Hold, Window{max(w.Low, max(ordered, 1)-1), w.High}, wanted, holdBetween)
}

// namedOrder is where the order came to be that a refusal names; Never if it is not the hold's. A server that names
// none means any.
func (j *judge) namedOrder(c *history.OrderCall) Position {
	if c.GotOrder == 0 {
		return j.Recorder.Ordered.Inserted(c.Hold)
	}
	if row := j.Order(c.GotOrder); row == nil || row.Hold != c.Hold {
		return Never
	}
	return j.Recorder.Orders.Inserted(c.GotOrder)
}

// reused judges a refusal because the key made another row: that row must be there.
func (j *judge) reused(a *history.Attempt, what thing, id int64, inserted Position) {
	j.place(RefusalTrue, a,
		func(w Window) (Position, bool) { return max(w.Low, inserted), w.Reaches(inserted) },
		func(w Window) Finding {
			return Finding{
				What: "A key was called used before it had made " + what.a() + ".", IDs: what.id(id),
				Expected: fmt.Sprintf("commit %d to be there", inserted), Found: w.String(), Commits: []Position{inserted},
			}
		})
}

func notReused(what thing, ids map[string]int64) Finding {
	return Finding{What: "A key was called used for another request, and no other had made " + what.a() + " with it.",
		IDs: ids, Expected: "an answer to the request itself", Found: "422 idempotency-key-reused"}
}
