package realtime

import (
	"math"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// Recorder notes, commit by commit, what has to be known of every position: the states of rows, the stock of
// products. Seed it with what was there when the log began, feed it every commit with the replay's step, then Seal.
type Recorder struct {
	Holds   Rows // states are history.HoldStatus
	Orders  Rows // states are history.OrderStatus
	Events  Rows // any state but Absent: it is there
	Ordered Rows // by hold: likewise, once an order was made from it
	Refunds []Refund

	// Timed says that rows bear the times of their decisions, which can be compared. Without it nothing is noted of
	// lapses, and what was available must not be asked for.
	Timed bool

	decided  decisions
	stocks   map[int64]*Stock
	last     *Stock // the stock asked for last, and
	lastID   int64  // whose it is
	settling []settling
}

// Refund is an event that was decided to be a refund.
type Refund struct {
	Position     Position
	Event, Order int64
	Decided      int64 // database microseconds; 0: not kept
}

// settling is the earliest time in the commit at hand at which a hold of a product came or went.
type settling struct{ product, at int64 }

// here is the state of a row of which only that it is there counts.
const here = uint8(1)

// SeedProduct tells how a product stood when the log began, after all other rows are seeded into the replay.
func (r *Recorder) SeedProduct(p replay.ProductStep) { r.step(0, p, math.MaxInt64) }

// SeedHold tells of a hold that was there when the log began.
func (r *Recorder) SeedHold(id, product, qty, expires int64, status history.HoldStatus) {
	r.Holds.Set(id, 0, uint8(status))
	if status.Reserves() && r.Timed {
		r.stock(product).Come(expires, qty)
	}
}

// SeedOrder tells of an order that was there when the log began.
func (r *Recorder) SeedOrder(id, hold int64, status history.OrderStatus) {
	r.Orders.Set(id, 0, uint8(status))
	r.Ordered.Set(hold, 0, here)
}

// SeedEvent tells of an event that was there when the log began.
func (r *Recorder) SeedEvent(id int64) { r.Events.Set(id, 0, here) }

// Observe notes a commit and what the replay says that it did to the stock. Positions are 1, 2, 3, ...
func (r *Recorder) Observe(c *evidence.Commit, step replay.Step) {
	at := Position(c.Position)
	r.decided.add(step.AtUS)
	r.settling = r.settling[:0]
	for i := range c.Changes {
		switch change := &c.Changes[i]; change.Table {
		case evidence.TableHolds:
			r.hold(at, change)
		case evidence.TableOrders:
			r.order(at, change)
		case evidence.TableEvents:
			r.event(at, change)
		}
	}
	for _, p := range step.Products {
		r.step(at, p, r.settledBy(p.ID))
	}
}

func (r *Recorder) hold(at Position, c *evidence.Change) {
	before, after := &c.Before, &c.After
	was, is := history.ParseHoldStatus(before.Status), history.ParseHoldStatus(after.Status)
	if was != is {
		r.Holds.Set(max(before.ID, after.ID), at, uint8(is))
	}
	if !r.Timed || was.Reserves() && is.Reserves() && lapsesAlike(before, after) {
		return
	}
	if was.Reserves() {
		left := after.UpdatedAt // 0 for a row that was deleted: nobody knows when
		if before.ExpiresAt > left {
			r.stock(before.ProductID).Leave(before.ExpiresAt, before.Qty)
		}
		r.settle(before.ProductID, left)
	}
	if is.Reserves() {
		r.stock(after.ProductID).Come(after.ExpiresAt, after.Qty)
		r.settle(after.ProductID, min(max(after.CreatedAt, after.UpdatedAt), after.ExpiresAt-1))
	}
}

// lapsesAlike tells whether two images of a hold would give back the same stock at the same time.
func lapsesAlike(a, b *evidence.Image) bool {
	return a.ProductID == b.ProductID && a.Qty == b.Qty && a.ExpiresAt == b.ExpiresAt
}

func (r *Recorder) order(at Position, c *evidence.Change) {
	if c.Before.ID == 0 {
		r.Ordered.Set(c.After.HoldID, at, here)
	}
	if c.Before.Status != c.After.Status {
		r.Orders.Set(max(c.Before.ID, c.After.ID), at, uint8(history.ParseOrderStatus(c.After.Status)))
	}
}

func (r *Recorder) event(at Position, c *evidence.Change) {
	if c.Before.ID == 0 {
		r.Events.Set(c.After.ID, at, here)
		if history.ParseEffect(c.After.Outcome) == history.EffectRefundDue {
			r.Refunds = append(r.Refunds, Refund{at, c.After.ID, c.After.OrderID, c.After.CreatedAt})
		}
	}
}

func (r *Recorder) step(at Position, p replay.ProductStep, settled int64) {
	r.stock(p.ID).Step(at, Standing{
		At: p.AtUS, Price: p.Price, Available: p.Available, Reserved: p.Total - p.Sold - p.Available,
		Low: p.Low, High: p.High, Settled: settled,
	})
}

// settle notes that a hold of a product came or went at a time.
func (r *Recorder) settle(product, at int64) {
	for i := range r.settling {
		if s := &r.settling[i]; s.product == product {
			s.at = min(s.at, at)
			return
		}
	}
	r.settling = append(r.settling, settling{product, at})
}

func (r *Recorder) settledBy(product int64) int64 {
	for _, s := range r.settling {
		if s.product == product {
			return s.at
		}
	}
	return math.MaxInt64
}

// stock finds a product's stock, or begins it.
func (r *Recorder) stock(product int64) *Stock {
	if r.last != nil && r.lastID == product {
		return r.last
	}
	s := r.stocks[product]
	if s == nil {
		s = new(Stock)
		if r.stocks == nil {
			r.stocks = make(map[int64]*Stock)
		}
		r.stocks[product] = s
	}
	r.last, r.lastID = s, product
	return s
}

// Seal ends the recording.
func (r *Recorder) Seal() {
	for _, s := range r.stocks {
		s.Seal()
	}
}

// decidedBy is the last position at which nothing was decided after a time; Never if that is not known.
func (r *Recorder) decidedBy(at int64) Position {
	if !r.Timed {
		return Never
	}
	return r.decided.by(at)
}

// Stock is a product's stock, nil if there never was such a product.
func (r *Recorder) Stock(product int64) *Stock {
	if s := r.stocks[product]; s != nil && s.steps.Len() > 0 {
		return s
	}
	return nil
}
