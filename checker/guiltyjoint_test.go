package checker

import (
	"testing"

	"flashsale/internal/evidence"
)

// Answers that were true at no instant, though the tables and the log are those of an honest day.
func guiltyJoint() []guilty {
	return []guilty{
		{"a commit overtaken by a later request", "real-time-order", "committed before one", func() *Evidence {
			return overtaken("h1", "h2")
		}},
		{"a commit overtaken, without keys", "real-time-order", "committed before one", func() *Evidence {
			return overtaken("", "")
		}},
		{"an answer before its decision", "real-time-order", "before its own commit",
			otherAnswer("hold", func(op *evidence.Operation) { op.Return = op.Call + 1 })},
		{"stock from a cache", "reads-true", "showed stock",
			otherAnswer("read-product", func(op *evidence.Operation) { op.GotAvailable++ })},
		{"another price", "reads-true", "price",
			otherAnswer("read-product", func(op *evidence.Operation) { op.GotPrice++ })},
		{"a status before its time", "reads-true", "status that the hold",
			otherAnswer("read-hold", func(op *evidence.Operation) { op.GotStatus = "completed" })},
		{"another order", "reads-true", "showed another one",
			otherAnswer("read-order", func(op *evidence.Operation) { op.GotQty++ })},
		{"a hold that nobody made", "reads-true", "no commit made",
			otherAnswer("read-hold", func(op *evidence.Operation) { op.HoldID, op.GotHoldID = 77, 77 })},
		{"an acknowledged hold denied", "reads-true", "404: a hold",
			otherAnswer("read-hold", func(op *evidence.Operation) { refuse(forgotten(op), 404, "not-found") })},
		{"a webhook tells an earlier status", "reads-true", "webhook's answer", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "success", "e1", answered).GotStatus = "pending"
			return s.logged(s.rest())
		}},
		{"sold out is answered too early", "refusals-true", "figure that was not available", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			refuse(forgotten(s.hold(1, 9, "h1", answered)), 409, "not-enough-stock")
			return s.logged(s.rest())
		}},
		{"refused although its figure is enough", "refusals-true", "its own figure", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 9, "h1", answered).Qty = 5
			return s.logged(s.rest())
		}},
		{"a live hold called expired", "refusals-true", "lapsed",
			func() *Evidence { return falseReason("hold-expired") }},
		{"a live hold called canceled", "refusals-true", "canceled",
			func() *Evidence { return falseReason("hold-canceled") }},
		{"a live hold called unknown", "refusals-true", "not there",
			func() *Evidence { return falseReason("not-found") }},
		{"a live hold called used", "refusals-true", "used",
			func() *Evidence { return falseReason("hold-already-used") }},
		{"a fresh key called used", "refusals-true", "key",
			func() *Evidence { return falseReason("idempotency-key-reused") }},
		{"a product that was there is unknown", "refusals-true", "404: a product", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			refuse(forgotten(s.hold(1, 9, "h1", answered)), 404, "not-found")
			return s.logged(s.rest())
		}},
		{"a late payment is turned away from the last unit", "refusals-true", "enough left", func() *Evidence {
			s := oneOrder()
			s.pass(s.ttl)
			s.hold(1, 4, "h2", answered)
			o := s.orders[0]
			o.Status, o.UpdatedAt = "canceled", s.now
			s.events = append(s.events, &evidence.PaymentEvent{ID: 1, OrderID: 1, Key: "e1", Payment: "success",
				Outcome: "refund_due", CreatedAt: s.now, UpdatedAt: s.now})
			s.commit()
			return s.logged(s.rest())
		}},
	}
}

// overtaken is a shop with two holds, the first of which was asked for when the second had been answered.
func overtaken(first, second string) *Evidence {
	s := newShop()
	s.product(1, 100, 5)
	early, late := s.hold(1, 1, first, answered), s.hold(1, 1, second, answered)
	early.Call, early.Return = late.Return+1, late.Return+2
	return s.logged(s.rest())
}

// otherAnswer is an ordinary day in which the first answer of a kind was another one.
func otherAnswer(kind evidence.Kind, spoil func(*evidence.Operation)) func() *Evidence {
	return func() *Evidence {
		s := day()
		ev := s.logged(s.rest())
		for i := range ev.Operations {
			if op := &ev.Operations[i]; op.Kind == kind && op.Outcome == evidence.OK {
				spoil(op)
				break
			}
		}
		return ev
	}
}

// falseReason is a shop that refuses to order a hold for a reason that it does not have.
func falseReason(problem string) *Evidence {
	s := newShop()
	s.product(1, 100, 5)
	s.hold(1, 1, "h1", answered)
	op := s.order(1, "o1", requestLost)
	refuse(op, 409, problem)
	return s.logged(s.rest())
}

// forgotten is an attempt without what its answer said.
func forgotten(op *evidence.Operation) *evidence.Operation {
	forget(op)
	return op
}

// What shows a false answer are the answer itself, what bounds it, and the commits that it could have seen.
func TestFalseAnswersShowTheirCommits(t *testing.T) {
	for _, g := range guiltyJoint() {
		if g.check != "reads-true" || g.name != "stock from a cache" {
			continue
		}
		v := word(t, Judge(g.build()), g.check).Violations[0]
		if len(v.Operations) == 0 || len(v.Commits) == 0 || v.First.AtNS == 0 {
			t.Errorf("%d operations, %d commits: %+v", len(v.Operations), len(v.Commits), v.First)
		}
	}
}
