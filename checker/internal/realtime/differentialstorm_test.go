package realtime

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"flashsale/internal/evidence"
)

const tickUS = int64(10) // nothing happens closer together, so that no clock bound is in doubt

// storm is a few clients at a world, one event at a time: calls overlap, answers and requests get lost, keys are
// sent again, and some effects come after their client has given up.
type storm struct {
	*rand.Rand
	now     int64
	world   *world
	drafts  []draft
	ops     []evidence.Operation
	sent    []evidence.Operation // requests, to be sent again
	queue   []happening
	calls   int
	shelf   evidence.Operation // the last read of the product, for a shop that caches it
	caching bool               // the shop answers reads from a cache, now and then
	stingy  bool               // the shop keeps the last units to itself, now and then
}

// draft is a commit without the images that come before it.
type draft struct {
	at         int64
	holds      []evidence.Image
	orders     []evidence.Image
	events     []evidence.Image
	sold, held int64 // by how much they changed
}

// happening is something that is due.
type happening struct {
	at int64
	do func()
}

func (s *storm) after(ticks int, do func()) {
	s.queue = append(s.queue, happening{s.now + tickUS*int64(1+s.IntN(ticks)), do})
}

// run lets clients make calls until there are as many as asked for, and all of them have their answers.
func (s *storm) run(clients, calls int) {
	s.calls += calls
	for range clients {
		s.after(20, s.call)
	}
	for len(s.queue) > 0 {
		next := 0
		for i, h := range s.queue {
			if h.at < s.queue[next].at {
				next = i
			}
		}
		h := s.queue[next]
		s.queue = slices.Delete(s.queue, next, next+1)
		s.now = max(h.at, s.now+tickUS)
		h.do()
	}
}

// call makes a client's next call, and has it answered, or not.
func (s *storm) call() {
	if s.calls == 0 {
		return
	}
	s.calls--
	op := s.request()
	op.ID = int64(len(s.sent)) + 1
	op.Request, op.Attempt, op.Phase = op.ID, 1, evidence.PhaseStorm
	op.Call = s.client()
	s.sent = append(s.sent, op)
	lost, late := s.IntN(7) == 0, s.IntN(2) == 0
	answer := func() {
		op.Return = s.client()
		if lost {
			op = evidence.Operation{ID: op.ID, Request: op.ID, Attempt: 1, Kind: op.Kind, Call: op.Call, Return: op.Return,
				ProductID: op.ProductID, Qty: op.Qty, HoldID: op.HoldID, OrderID: op.OrderID, Payment: op.Payment, Key: op.Key,
				Outcome: evidence.Unknown, Error: "timeout"}
		}
		s.ops = append(s.ops, op)
		s.after(20, s.call)
	}
	switch {
	case lost && late:
		other := op // its effect comes at some time, and its answer never
		s.after(120, func() { s.decide(&other) })
		s.after(60, answer)
	case lost && s.IntN(2) == 0:
		s.after(60, answer) // it never arrived
	default:
		s.after(40, func() {
			s.decide(&op)
			s.after(40, answer)
		})
	}
}

// client is the clients' clock, in nanoseconds.
func (s *storm) client() int64 { return (s.now - startUS) * 1000 }

// request thinks of something to ask.
func (s *storm) request() evidence.Operation {
	if len(s.sent) > 0 && s.IntN(4) == 0 {
		again := s.sent[s.IntN(len(s.sent))]
		if s.IntN(4) == 0 {
			again.Qty, again.HoldID, again.OrderID = again.Qty%2+1, again.HoldID+1, again.OrderID+1
		}
		return again
	}
	key := fmt.Sprintf("k%d", len(s.sent))
	hold, order := int64(1+s.IntN(len(s.world.holds)+1)), int64(1+s.IntN(len(s.world.orders)+1))
	switch s.IntN(12) {
	case 0, 1, 2:
		return evidence.Operation{Kind: evidence.CreateHold, ProductID: 1, Qty: int64(1 + s.IntN(2)), Key: key}
	case 3, 4:
		return evidence.Operation{Kind: evidence.CreateOrder, HoldID: hold, Key: key}
	case 5, 6:
		payment := []string{"success", "success", "failure"}[s.IntN(3)]
		return evidence.Operation{Kind: evidence.SendWebhook, OrderID: order, Payment: payment, Key: key}
	case 7:
		return evidence.Operation{Kind: evidence.ReadHold, HoldID: hold}
	case 8:
		return evidence.Operation{Kind: evidence.ReadOrder, OrderID: order}
	default:
		return evidence.Operation{Kind: evidence.ReadProduct, ProductID: 1}
	}
}

// decide lets the shop decide, and commits what that changed.
func (s *storm) decide(op *evidence.Operation) {
	if s.caching && op.Kind == evidence.ReadProduct && s.shelf.ID != 0 && s.IntN(2) == 0 {
		op.Outcome, op.HTTPStatus = evidence.OK, 200
		op.GotProductID, op.GotPrice, op.GotAvailable = 1, s.shelf.GotPrice, s.shelf.GotAvailable
		return
	}
	if left := s.world.available(s.now); s.stingy && left < 3 && s.IntN(2) == 0 && s.deny(op) {
		return
	}
	s.world.mean = s.stingy && s.IntN(2) == 0
	s.commit(func(w *world) { w.decide(op, s.now) })
	if op.Kind == evidence.ReadProduct {
		s.shelf = *op
	}
}

// deny refuses a hold although there is stock.
func (s *storm) deny(op *evidence.Operation) bool {
	if _, used := keyed(s.world.holds, op.Key); used || op.Kind != evidence.CreateHold {
		return false
	}
	deny(op, 409, "not-enough-stock")
	return true
}

// commit drafts a commit of whatever a change of the world does.
func (s *storm) commit(change func(*world)) {
	before := s.world.clone()
	change(s.world)
	d := draft{
		at: s.now, holds: changed(before.holds, s.world.holds), orders: changed(before.orders, s.world.orders),
		events: changed(before.events, s.world.events), sold: s.world.sold - before.sold, held: s.world.held - before.held,
	}
	if len(d.holds)+len(d.orders)+len(d.events) > 0 {
		s.drafts = append(s.drafts, d)
	}
}

func changed(before, after map[int64]evidence.Image) (rows []evidence.Image) {
	for _, id := range slices.Sorted(maps.Keys(after)) {
		if before[id] != after[id] {
			rows = append(rows, after[id])
		}
	}
	return rows
}
