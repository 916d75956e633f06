package checker

import (
	"cmp"
	"fmt"
	"slices"

	"flashsale/internal/evidence"
)

// What clients see of the shop, and what a run saves of it.

// begin records an attempt and lets its decision's time come.
func (s *shop) begin(op evidence.Operation) *evidence.Operation {
	if !s.frozen {
		s.pass(1000)
	}
	op.ID = int64(len(s.ops) + 1)
	op.Request, op.Attempt = op.ID, 1
	if name := op.Kind + op.Key; op.Key != "" && op.Tamper == "" {
		if first := s.first[name]; first == nil {
			s.first[name] = &op
		} else {
			op.Request = first.Request
		}
		s.attempts[name]++
		op.Attempt = s.attempts[name]
	}
	op.Phase = evidence.PhaseStorm
	op.Call = (s.now - s.lead - epochUS) * 1000
	op.Intended = op.Call - 1000
	op.Return = (s.now + s.linger - epochUS) * 1000
	s.ops = append(s.ops, &op)
	return &op
}

// send makes one attempt, and lets its fate decide what comes of it.
func (s *shop) send(op evidence.Operation, f fate, decide func(*evidence.Operation)) *evidence.Operation {
	sent := s.begin(op)
	switch f {
	case requestLost:
		lose(sent)
	case turnedAway:
		refuse(sent, 503, "overloaded")
	case answerLost:
		decide(sent)
		forget(sent)
	default:
		decide(sent)
	}
	s.commit()
	return sent
}

func (s *shop) hold(product, qty int64, key string, f fate) *evidence.Operation {
	return s.send(evidence.Operation{Kind: evidence.CreateHold, ProductID: product, Qty: qty, Key: key}, f, s.decideHold)
}

func (s *shop) order(hold int64, key string, f fate) *evidence.Operation {
	return s.send(evidence.Operation{Kind: evidence.CreateOrder, HoldID: hold, Key: key}, f, s.decideOrder)
}

func (s *shop) webhook(order int64, payment, key string, f fate) *evidence.Operation {
	op := evidence.Operation{Kind: evidence.SendWebhook, OrderID: order, Payment: payment, Key: key}
	return s.send(op, f, s.decideWebhook)
}

// lose turns an attempt into one without an answer.
func lose(op *evidence.Operation) {
	op.Outcome, op.Error = evidence.Unknown, "timeout"
}

func accept(op *evidence.Operation, status int32) {
	op.Outcome, op.HTTPStatus = evidence.OK, status
}

func refuse(op *evidence.Operation, status int32, problem string) {
	op.Outcome, op.HTTPStatus, op.Problem = evidence.Refused, status, problem
}

// forget makes an attempt that had its effect look like one without an answer.
func forget(op *evidence.Operation) {
	op.Replayed, op.GotHandled = false, false
	op.GotHoldID, op.GotOrderID, op.GotProductID, op.GotQty, op.GotTotal = 0, 0, 0, 0, 0
	op.GotExpiresAt, op.GotAvailable, op.GotStatus, op.GotOutcome = 0, 0, "", ""
	op.HTTPStatus, op.Problem = 0, ""
	lose(op)
}

// tampered sends a webhook that the shop rejects.
func (s *shop) tampered(order int64, payment, key string, how evidence.Tamper) *evidence.Operation {
	op := s.begin(evidence.Operation{
		Kind: evidence.SendWebhook, OrderID: order, Payment: payment, Key: key, Tamper: how,
	})
	refuse(op, 401, "invalid-signature")
	return op
}

func (s *shop) readProduct(id int64) *evidence.Operation {
	op := s.begin(evidence.Operation{Kind: evidence.ReadProduct, ProductID: id})
	p := s.findProduct(id)
	accept(op, 200)
	op.GotProductID, op.GotPrice, op.GotAvailable = p.ID, p.Price, s.available(p)
	return op
}

func (s *shop) readHold(id int64) *evidence.Operation {
	op := s.begin(evidence.Operation{Kind: evidence.ReadHold, HoldID: id})
	h := s.findHold(id)
	accept(op, 200)
	op.GotHoldID, op.GotProductID, op.GotQty, op.GotStatus = h.ID, h.ProductID, h.Qty, h.Status
	op.GotExpiresAt = h.ExpiresAt
	return op
}

func (s *shop) readOrder(id int64) *evidence.Operation {
	op := s.begin(evidence.Operation{Kind: evidence.ReadOrder, OrderID: id})
	o := s.findOrder(id)
	accept(op, 200)
	op.GotOrderID, op.GotHoldID, op.GotProductID, op.GotQty = o.ID, o.HoldID, o.ProductID, o.Qty
	op.GotTotal, op.GotStatus = o.TotalPrice, o.Status
	return op
}

// rest lets everything lapse, reads every product once more, and hands over the evidence.
func (s *shop) rest() *Evidence {
	s.pass(s.ttl + 3*s.sweep)
	s.lead, s.linger = 400, 400
	for _, p := range s.products {
		s.readProduct(p.ID).Phase = evidence.PhaseFinal
	}
	s.pass(secondUS)
	return s.evidence()
}

func (s *shop) evidence() *Evidence {
	ev := &Evidence{
		Run:   &s.run,
		Start: &evidence.Tables{Columns: ourColumns()},
		Final: &evidence.Tables{Columns: ourColumns()},
	}
	for _, p := range s.products {
		ev.Final.Products = append(ev.Final.Products, *p)
		old := *p
		old.StockSold, old.StockHeld, old.UpdatedAt = 0, 0, epochUS
		ev.Start.Products = append(ev.Start.Products, old)
	}
	ev.Final.Holds, ev.Final.Orders, ev.Final.Events = values(s.holds), values(s.orders), values(s.events)
	slices.SortFunc(ev.Final.Events, func(a, b evidence.PaymentEvent) int { return cmp.Compare(a.ID, b.ID) })
	ev.Operations = values(s.ops)
	slices.SortStableFunc(ev.Operations, func(a, b evidence.Operation) int { return cmp.Compare(a.Return, b.Return) })
	s.run.Probes = nil
	for at := int64(0); at <= s.now-epochUS; at += secondUS {
		s.run.Probes = append(s.run.Probes, evidence.ClockProbe{
			Before: (at - 100) * 1000, Database: epochUS + at, After: (at + 150) * 1000,
		})
	}
	s.run.ElapsedNS = (s.now - epochUS) * 1000
	s.run.Declared = evidence.Declared{
		Operations: int64(len(ev.Operations)), StartTables: ev.Start.Rows(), FinalTables: ev.Final.Rows(),
	}
	return ev
}

func values[T any](rows []*T) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = *row
	}
	return list
}

func ourColumns() map[string]bool {
	columns := make(map[string]bool)
	for _, column := range []string{
		"products.stock_held", "products.updated_at",
		"holds.created_at", "holds.updated_at", "holds.idempotency_key",
		"orders.created_at", "orders.updated_at", "orders.idempotency_key",
		"payment_events.created_at", "payment_events.outcome",
	} {
		columns[column] = true
	}
	return columns
}

// day is a shop after a day on which everything happened that a shop is used to: it exercises every check.
func day() *shop {
	s := newShop()
	s.product(1, 100, 10)
	s.readProduct(1)

	s.hold(1, 2, "h1", answered) // hold 1, order 1: paid, delivered three times, charged twice
	s.readHold(1)
	s.order(1, "o1", answered)
	s.order(1, "o1-rival", answered)
	s.webhook(1, "success", "e1", answered)
	s.webhook(1, "success", "e1", answered)
	s.webhook(1, "failure", "e1", answered) // another body: refused
	s.webhook(1, "success", "e1-again", answered)
	s.webhook(1, "failure", "e1-late", answered)
	s.webhook(1, "success", "e1", answered)
	s.readOrder(1)

	s.hold(1, 1, "h2", answerLost) // hold 2, order 2: its answers get lost, then it is canceled
	s.hold(1, 1, "h2", answered)
	s.order(2, "o2", answerLost)
	s.order(2, "o2", answered)
	s.webhook(9, "failure", "e2", answered) // no such order yet
	s.webhook(2, "failure", "e2", answerLost)
	s.webhook(2, "failure", "e2", answered)

	s.hold(1, 1, "h3", answered) // hold 3, order 3: paid late
	s.order(3, "o3", answered)
	s.hold(1, 2, "h4", answered)    // hold 4: abandoned
	s.hold(1, 99, "h5", answered)   // refused
	s.hold(1, 1, "h6", requestLost) // never arrived
	s.tampered(1, "failure", "e-forged", evidence.Forged)
	s.pass(3 * secondUS)
	s.webhook(3, "success", "e3", answered)
	s.order(4, "o4", answered) // lapsed: refused
	return s
}

func word(t interface{ Helper() }, v *Verdict, name string) Result {
	t.Helper()
	for _, r := range v.Checks {
		if r.Name == name {
			return r
		}
	}
	panic(fmt.Sprintf("no check %s", name))
}
