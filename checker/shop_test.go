package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

const (
	epochUS  = int64(1_700_000_000_000_000) // what the database's clock shows at the run's start
	secondUS = int64(1_000_000)
)

// fate is what becomes of a request on its way.
type fate int

const (
	answered    fate = iota
	answerLost       // it has its effect, and nobody hears of it
	requestLost      // it has no effect, and nobody hears of it
	turnedAway       // it has no effect, and is answered 503
)

// shop is a tiny sequential shop that keeps every promise: one transition table, one clock, one decision
// after the other. It records what clients would have seen. It shares no code with the checks.
type shop struct {
	now          int64 // database time, microseconds
	ttl, sweep   int64
	nextSweep    int64
	lead, linger int64 // microseconds from call to decision, and from decision to return
	frozen       bool  // decisions of one batch share their time

	products []*evidence.Product
	holds    []*evidence.Hold
	orders   []*evidence.Order
	events   []*evidence.PaymentEvent
	ops      []*evidence.Operation
	first    map[string]*evidence.Operation // the first attempt under a key, by kind and key
	attempts map[string]int32
	run      evidence.Run

	commits   []evidence.Commit
	committed images
}

func newShop() *shop {
	s := &shop{
		now: epochUS + 1000, ttl: 2 * secondUS, sweep: secondUS / 5, lead: 400, linger: 400,
		first: make(map[string]*evidence.Operation), attempts: make(map[string]int32), committed: newImages(),
	}
	s.nextSweep = epochUS + s.sweep
	s.run = evidence.Run{
		Version: evidence.RunVersion, ID: "run-1", Scenario: "test",
		Server: evidence.Server{Kind: "flashsale", HoldTTLUS: s.ttl, SweepIntervalUS: s.sweep, MaxQty: 1000},
	}
	return s
}

func (s *shop) product(id, price, total int64) *evidence.Product {
	p := &evidence.Product{ID: id, Name: "Lamp", Price: price, StockTotal: total, CreatedAt: epochUS, UpdatedAt: epochUS}
	s.products = append(s.products, p)
	s.committed[evidence.TableProducts][id] = productImage(p)
	return p
}

// pass lets time go by; the sweep runs on its interval.
func (s *shop) pass(us int64) {
	until := s.now + us
	for ; s.nextSweep <= until; s.nextSweep += s.sweep {
		s.now = s.nextSweep
		for _, h := range s.holds {
			s.meet(h)
		}
		s.commit()
	}
	s.now = until
}

// meet expires a hold that has lapsed.
func (s *shop) meet(h *evidence.Hold) {
	if (h.Status == "active" || h.Status == "used") && h.ExpiresAt <= s.now {
		h.Status, h.UpdatedAt = "expired", s.now
		s.release(h)
	}
}

func (s *shop) release(h *evidence.Hold) {
	p := s.findProduct(h.ProductID)
	p.StockHeld -= h.Qty
	p.UpdatedAt = s.now
}

func (s *shop) available(p *evidence.Product) int64 {
	left := p.StockTotal - p.StockSold
	for _, h := range s.holds {
		if h.ProductID == p.ID && (h.Status == "active" || h.Status == "used") && h.ExpiresAt > s.now {
			left -= h.Qty
		}
	}
	return left
}

func (s *shop) findProduct(id int64) *evidence.Product {
	return find(s.products, func(p *evidence.Product) bool { return p.ID == id })
}

func (s *shop) findHold(id int64) *evidence.Hold {
	return find(s.holds, func(h *evidence.Hold) bool { return h.ID == id })
}

func (s *shop) findOrder(id int64) *evidence.Order {
	return find(s.orders, func(o *evidence.Order) bool { return o.ID == id })
}

func find[T any](rows []*T, match func(*T) bool) *T {
	if i := slices.IndexFunc(rows, match); i >= 0 {
		return rows[i]
	}
	return nil
}

func (s *shop) decideHold(op *evidence.Operation) {
	known := find(s.holds, func(h *evidence.Hold) bool { return op.Key != "" && h.Key == op.Key })
	p := s.findProduct(op.ProductID)
	switch {
	case known != nil && (known.ProductID != op.ProductID || known.Qty != op.Qty):
		refuse(op, 422, "idempotency-key-reused")
		return
	case known != nil:
		op.Replayed = true
	case p == nil:
		refuse(op, 404, "not-found")
		return
	case s.available(p) < op.Qty:
		refuse(op, 409, "not-enough-stock")
		op.GotAvailable = s.available(p)
		return
	default:
		known = &evidence.Hold{
			ID: int64(len(s.holds) + 1), ProductID: p.ID, Qty: op.Qty, Status: "active", Key: op.Key,
			ExpiresAt: s.now + s.ttl, CreatedAt: s.now, UpdatedAt: s.now,
		}
		s.holds = append(s.holds, known)
		p.StockHeld += op.Qty
		p.UpdatedAt = s.now
	}
	accept(op, 201)
	op.GotHoldID, op.GotExpiresAt = known.ID, known.ExpiresAt
}

func (s *shop) decideOrder(op *evidence.Operation) {
	known := find(s.orders, func(o *evidence.Order) bool { return op.Key != "" && o.Key == op.Key })
	h := s.findHold(op.HoldID)
	rival := find(s.orders, func(o *evidence.Order) bool { return o.HoldID == op.HoldID })
	switch {
	case known != nil && known.HoldID != op.HoldID:
		refuse(op, 422, "idempotency-key-reused")
		return
	case known != nil:
		op.Replayed = true
	case h == nil:
		refuse(op, 404, "not-found")
		return
	case h.Status == "canceled":
		refuse(op, 409, "hold-canceled")
		return
	case rival != nil:
		refuse(op, 409, "hold-already-used")
		op.GotOrderID = rival.ID
		return
	case h.Status == "expired" || h.ExpiresAt <= s.now:
		s.meet(h)
		refuse(op, 409, "hold-expired")
		return
	default:
		h.Status, h.UpdatedAt = "used", s.now
		known = &evidence.Order{
			ID: int64(len(s.orders) + 1), ProductID: h.ProductID, HoldID: h.ID, Qty: h.Qty, Status: "pending", Key: op.Key,
			TotalPrice: h.Qty * s.findProduct(h.ProductID).Price, CreatedAt: s.now, UpdatedAt: s.now,
		}
		s.orders = append(s.orders, known)
	}
	accept(op, 201)
	op.GotOrderID, op.GotStatus, op.GotQty, op.GotTotal = known.ID, "pending", known.Qty, known.TotalPrice
}

func (s *shop) decideWebhook(op *evidence.Operation) {
	known := find(s.events, func(e *evidence.PaymentEvent) bool { return e.Key == op.Key })
	o := s.findOrder(op.OrderID)
	switch {
	case known != nil && (known.OrderID != op.OrderID || known.Payment != op.Payment):
		refuse(op, 422, "idempotency-key-reused")
		return
	case o == nil:
		refuse(op, 404, "not-found")
		return
	case known == nil:
		op.GotHandled = true
		known = &evidence.PaymentEvent{
			ID: int64(len(s.events) + 1), OrderID: o.ID, Key: op.Key, Payment: op.Payment,
			CreatedAt: s.now, UpdatedAt: s.now,
		}
		known.Outcome = s.settle(o, op.Payment)
		s.events = append(s.events, known)
	}
	accept(op, 200)
	op.GotStatus, op.GotOutcome = o.Status, known.Outcome
}

// settle applies a payment to an order and tells the outcome.
func (s *shop) settle(o *evidence.Order, payment string) string {
	h, p := s.findHold(o.HoldID), s.findProduct(o.ProductID)
	s.meet(h)
	switch {
	case payment == "failure" && o.Status != "pending":
		return "ignored"
	case payment == "failure":
		o.Status, o.UpdatedAt = "canceled", s.now
		if h.Status == "used" {
			h.Status, h.UpdatedAt = "canceled", s.now
			s.release(h)
		}
		return "canceled"
	case o.Status == "paid":
		return "refund_due"
	case h.Status == "used":
		p.StockHeld -= h.Qty
	case s.available(p) < h.Qty:
		if o.Status == "pending" {
			o.Status, o.UpdatedAt = "canceled", s.now
		}
		return "refund_due"
	}
	p.StockSold += h.Qty
	p.UpdatedAt = s.now
	h.Status, h.UpdatedAt = "completed", s.now
	o.Status, o.UpdatedAt = "paid", s.now
	return "paid"
}

// batch decides everything that deliver sends at one instant, and stores the events sorted by key, the way
// a group commit does.
func (s *shop) batch(deliver func()) {
	s.pass(1000)
	before := len(s.events)
	s.frozen = true
	deliver()
	s.frozen = false
	batch := s.events[before:]
	slices.SortFunc(batch, func(a, b *evidence.PaymentEvent) int { return cmp.Compare(a.Key, b.Key) })
	for i, e := range batch {
		e.ID = int64(before + i + 1)
	}
	s.commit()
}
