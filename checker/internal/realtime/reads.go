package realtime

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// productRead judges GET /api/products/{id}.
func (j *judge) productRead(c *history.ProductRead) {
	stock := j.Recorder.Stock(c.Product)
	switch {
	case notFound(&c.Attempt):
		j.place(ReadTrue, &c.Attempt, func(w Window) (Position, bool) { return beforeProduct(stock, w) },
			func(Window) Finding { return denied(product, c.Product) })
	case !c.Acknowledged():
	case stock == nil:
		j.place(ReadTrue, &c.Attempt, nowhere, func(Window) Finding { return invented(product, c.Product) })
	default:
		j.place(ReadTrue, &c.Attempt, func(w Window) (Position, bool) { return j.productAsRead(c, stock, w) },
			func(w Window) Finding { return j.productMisread(c, stock, w) })
	}
}

func (j *judge) productAsRead(c *history.ProductRead, stock *Stock, w Window) (Position, bool) {
	if !stock.Price(w, c.GotPrice) {
		return 0, false
	}
	if !j.Recorder.Timed {
		return max(w.Low, stock.Since()), w.Reaches(stock.Since())
	}
	return stock.First(j.sight(w, &c.Attempt), c.GotAvailable)
}

func (j *judge) productMisread(c *history.ProductRead, stock *Stock, w Window) Finding {
	f := Finding{IDs: product.id(c.Product), Commits: stock.Positions(w)}
	if !stock.Price(w, c.GotPrice) {
		f.What = "A read showed a price that the product did not have between its call and its return."
		f.Expected, f.Found = "the price "+w.String(), fmt.Sprintf("price %d", c.GotPrice)
		return f
	}
	f.What = "A read showed stock that was not available at any instant between its call and its return."
	f.Expected, f.Found = j.possible(stock, w, &c.Attempt), fmt.Sprintf("%d available", c.GotAvailable)
	return f
}

// possible describes what can have been available.
func (j *judge) possible(stock *Stock, w Window, a *history.Attempt) string {
	low, high, ok := stock.Range(j.sight(w, a))
	switch {
	case !ok:
		return "no such product yet"
	case low == high:
		return fmt.Sprintf("%d available, %s", low, w)
	default:
		return fmt.Sprintf("between %d and %d available, %s", low, high, w)
	}
}

// holdRead judges GET /api/holds/{id}. A server may show a hold that has lapsed as expired before it is marked so.
func (j *judge) holdRead(c *history.HoldRead) {
	row := j.Hold(c.Hold)
	wanted := StateSet(c.GotStatus)
	if row != nil && c.GotStatus == history.HoldExpired && j.lapsed(row, &c.Attempt) {
		wanted |= StateSet(history.HoldActive, history.HoldUsed)
	}
	same := row == nil ||
		c.GotHold == row.ID && c.GotProduct == row.Product && c.GotQty == row.Qty && c.GotExpires == row.ExpiresAt
	j.rowRead(&c.Attempt, &j.Recorder.Holds, hold, c.Hold, wanted, same, c.GotStatus)
}

// orderRead judges GET /api/orders/{id}.
func (j *judge) orderRead(c *history.OrderRead) {
	row := j.Order(c.Order)
	same := row == nil || c.GotOrder == row.ID && c.GotProduct == row.Product && c.GotHold == row.Hold &&
		c.GotQty == row.Qty && c.GotTotal == row.Total
	j.rowRead(&c.Attempt, &j.Recorder.Orders, order, c.Order, StateSet(c.GotStatus), same, c.GotStatus)
}

// rowRead judges the read of a hold or an order; same tells whether what never changes about it was right.
func (j *judge) rowRead(a *history.Attempt, rows *Rows, what thing, id int64, wanted States, same bool,
	got fmt.Stringer) {
	switch {
	case notFound(a):
		j.place(ReadTrue, a, func(w Window) (Position, bool) { return rows.First(id, w, StateSet(Absent)) },
			func(Window) Finding { return denied(what, id) })
	case !a.Acknowledged():
	case rows.Inserted(id) == Never:
		j.place(ReadTrue, a, nowhere, func(Window) Finding { return invented(what, id) })
	case !same:
		j.place(ReadTrue, a, nowhere, func(Window) Finding {
			return Finding{What: "A read of " + what.a() + " showed another one.", IDs: what.id(id),
				Expected: "the row as it was inserted", Found: "other values"}
		})
	default:
		j.place(ReadTrue, a, func(w Window) (Position, bool) { return rows.First(id, w, wanted) },
			func(w Window) Finding {
				return Finding{
					What: "A read showed a status that the " + string(what) + " did not have between its call and its return.",
					IDs:  what.id(id), Expected: "the status " + w.String(), Found: got.String(), Commits: rows.Positions(id, w),
				}
			})
	}
}

// nowhere is where nothing was ever true.
func nowhere(Window) (Position, bool) { return 0, false }

// beforeProduct finds a position at which there was no such product yet.
func beforeProduct(stock *Stock, w Window) (Position, bool) {
	return w.Low, stock == nil || w.Low < stock.Since()
}

// notFound tells an answer which says that there is no such thing.
func notFound(a *history.Attempt) bool {
	return a.Outcome == history.Refused && a.Problem == history.ProblemNotFound
}

// lapsed tells whether a hold can have lapsed by the time of an answer.
func (j *judge) lapsed(h *history.Hold, a *history.Attempt) bool {
	return !j.Recorder.Timed || h.ExpiresAt <= j.AtMost(a.Return)
}

func denied(what thing, id int64) Finding {
	return Finding{What: "What was there all the time was answered 404: " + what.a() + ".", IDs: what.id(id),
		Expected: "the " + string(what), Found: "404"}
}

func invented(what thing, id int64) Finding {
	return Finding{What: "A read showed " + what.a() + " that no commit made.", IDs: what.id(id),
		Expected: "404", Found: "200"}
}

// thing is what an answer is about.
type thing string

const (
	product thing = "product"
	hold    thing = "hold"
	order   thing = "order"
	event   thing = "event"
)

func (t thing) a() string {
	if t == order || t == event {
		return "an " + string(t)
	}
	return "a " + string(t)
}

func (t thing) id(id int64) map[string]int64 { return map[string]int64{string(t) + "_id": id} }
