package checker

import (
	"slices"
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// guilty is a history in which one promise is broken.
type guilty struct {
	name  string
	check string
	what  string // part of the sentence that names it
	build func() *Evidence
}

// Every crime is caught by the check that names it.
func TestGuiltyHistories(t *testing.T) {
	for _, g := range allGuilty() {
		t.Run(g.check+"/"+g.name, func(t *testing.T) {
			v := Judge(g.build())
			r := word(t, v, g.check)
			if r.Verdict != Fail || v.ExitCode != ExitBroken {
				t.Fatalf("%s says %s (%s), exit code %d", g.check, r.Verdict, r.Reason, v.ExitCode)
			}
			for _, violation := range r.Violations {
				if strings.Contains(violation.What, g.what) {
					judgeExhibits(t, violation)
					return
				}
			}
			t.Errorf("no violation says %q: %+v", g.what, r.Violations)
		})
	}
}

// judgeExhibits asks whether a person could follow the accusation.
func judgeExhibits(t *testing.T, v Violation) {
	t.Helper()
	if v.Count < 1 || len(v.Operations)+len(v.Rows) == 0 {
		t.Errorf("count %d, %d operations, %d rows", v.Count, len(v.Operations), len(v.Rows))
	}
	for _, c := range []Case{v.First, v.Worst} {
		if c.Expected == "" || c.Found == "" || len(c.IDs)+len(c.Values) == 0 || c.AtUS == 0 && c.AtNS == 0 {
			t.Errorf("a case that says too little: %+v", c)
		}
	}
}

func TestEveryCheckHasAGuiltyHistory(t *testing.T) {
	covered := make(map[string]bool)
	for _, g := range allGuilty() {
		covered[g.check] = true
	}
	for _, c := range registry() {
		if !covered[c.name] {
			t.Errorf("nothing shows that %s can fail", c.name)
		}
	}
}

// spoiled is an ordinary day whose evidence is changed afterwards.
func spoiled(spoil func(*evidence.Tables, *Evidence)) func() *Evidence {
	return func() *Evidence {
		ev := day().rest()
		spoil(ev.Final, ev)
		ev.Run.Declared.FinalTables = ev.Final.Rows()
		return ev
	}
}

// operation finds the n-th operation of a kind and key, from 0.
func operation(ev *Evidence, kind evidence.Kind, key string, n int) *evidence.Operation {
	for i := range ev.Operations {
		if op := &ev.Operations[i]; op.Kind == kind && op.Key == key {
			if n == 0 {
				return op
			}
			n--
		}
	}
	panic("no such operation: " + kind + " " + key)
}

func allGuilty() []guilty {
	return slices.Concat(guiltyStock(), guiltyOrders(), guiltyKeys(), guiltyTransitions(), guiltyStates(),
		guiltySightings(), guiltyTraces(), guiltyStrays(), guiltyLosses(), guiltyTimes(), guiltyAnswers(), guiltyMoney(),
		guiltyRest(), guiltyCommits(), guiltyJoint(), guiltyCrashes())
}

func guiltyStock() []guilty {
	const name = "stock-never-oversold"
	return []guilty{
		{"sold over total", name, "More was sold", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Products[0].StockTotal = t.Products[0].StockSold - 1
		})},
		{"held counter wrong", name, "stock_held is not the sum", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Products[0].StockHeld = 1
		})},
		{"two holds at once", name, "at one instant", func() *Evidence {
			s := newShop()
			p := s.product(1, 100, 2)
			s.hold(1, 1, "h1", answered)
			s.hold(1, 1, "h2", answered)
			s.pass(100_000)
			p.StockTotal = 3 // the shop thinks so
			s.hold(1, 1, "h3", answered)
			p.StockTotal = 2
			return s.rest()
		}},
		{"used holds not counted", name, "at one instant", func() *Evidence {
			s := newShop()
			p := s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			p.StockTotal = 2
			s.hold(1, 1, "h2", answered)
			p.StockTotal = 1
			return s.rest()
		}},
		{"a late payment takes stock that is held", name, "at one instant", func() *Evidence {
			s := newShop()
			p := s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.pass(3 * secondUS)
			s.hold(1, 1, "h2", answered)
			p.StockTotal = 2
			s.webhook(1, "success", "e1", answered)
			p.StockTotal = 1
			return s.rest()
		}},
		{"stock of a canceled order given twice", name, "at one instant", func() *Evidence {
			s := newShop()
			p := s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.webhook(1, "failure", "e1", answered)
			s.hold(1, 1, "h2", answered)
			p.StockTotal = 2
			s.webhook(1, "success", "e2", answered)
			p.StockTotal = 1
			return s.rest()
		}},
		{"counter without orders", "sold-matches-paid", "stock_sold is not", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Products[0].StockSold--
		})},
	}
}

func guiltyOrders() []guilty {
	const name = "hold-used-once"
	return []guilty{
		{"two orders", name, "ordered more than once", spoiled(func(t *evidence.Tables, _ *Evidence) {
			o := t.Orders[0]
			o.ID, o.Key = 99, "o1-rival"
			t.Orders = append(t.Orders, o)
		})},
		{"two answers, one row", name, "Two answers name different orders", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			op := operation(ev, evidence.CreateOrder, "o1-rival", 0)
			accept(op, 201)
			op.GotOrderID = 99
		})},
		{"no such hold", name, "does not exist", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds = t.Holds[1:]
		})},
		{"lapsed", name, "had lapsed", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].CreatedAt = t.Holds[0].ExpiresAt
		})},
		{"quantity forgotten", "price-exact", "order is not price x qty", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].TotalPrice = 100
		})},
		{"total overflows", "price-exact", "order is not price x qty", spoiled(func(t *evidence.Tables, ev *Evidence) {
			t.Products[0].Price, ev.Start.Products[0].Price = 1<<62, 1<<62
			t.Orders[0].Qty, t.Orders[0].TotalPrice = 4, 0
		})},
		{"answer differs", "price-exact", "told a total", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.CreateOrder, "o1", 0).GotTotal = 100
		})},
		{"read differs", "price-exact", "told a total", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.ReadOrder, "", 0).GotQty = 1
		})},
		{"another price shown", "price-exact", "shown another price", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.ReadProduct, "", 0).GotPrice = 99
		})},
	}
}

func guiltyKeys() []guilty {
	const name = "event-applied-once"
	return []guilty{
		{"two events", name, "payment event was stored more than once", spoiled(func(t *evidence.Tables, _ *Evidence) {
			e := t.Events[0]
			e.ID, e.Outcome = 99, "refund_due"
			t.Events = append(t.Events, e)
		})},
		{"two holds", name, "more than one hold", spoiled(func(t *evidence.Tables, _ *Evidence) {
			h := t.Holds[3]
			h.ID = 99
			t.Holds = append(t.Holds, h)
		})},
		{"two orders", name, "more than one order", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[1].Key = t.Orders[0].Key
		})},
		{"two ids", name, "different ids", func() *Evidence {
			s := oneOrder()
			s.hold(1, 1, "h2", answered)
			s.hold(1, 1, "h2", answered).GotHoldID = 1
			return s.rest()
		}},
		{"two order ids", name, "different ids", func() *Evidence {
			s := oneOrder()
			s.order(1, "o1", answered).GotOrderID = 7
			return s.rest()
		}},
	}
}

func guiltyAnswers() []guilty {
	duplicates, forged := "duplicates-answer-alike", "forged-rejected"
	return []guilty{
		{"handled twice", duplicates, "says that it is the first", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.SendWebhook, "e1", 1).GotHandled = true
		})},
		{"never handled", duplicates, "none was lost", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.SendWebhook, "e1", 0).GotHandled = false
		})},
		{"never handled, lost only later", duplicates, "none was lost", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered).GotHandled = false
			s.webhook(1, "success", "e1", answerLost)
			return s.rest()
		}},
		{"outcomes differ", duplicates, "disagree", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.SendWebhook, "e1", 1).GotOutcome = "refund_due"
		})},
		{"replayed hold not marked", duplicates, "says that it is the first", func() *Evidence {
			s := oneOrder()
			s.hold(1, 1, "h1", answered).Replayed = false
			return s.rest()
		}},
		{"replayed hold lives longer", duplicates, "disagree", func() *Evidence {
			s := oneOrder()
			s.hold(1, 1, "h1", answered).GotExpiresAt++
			return s.rest()
		}},
		{"forgery accepted", forged, "was accepted", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			accept(operation(ev, evidence.SendWebhook, "e-forged", 0), 200)
		})},
		{"forgery read", forged, "by its content", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			refuse(operation(ev, evidence.SendWebhook, "e-forged", 0), 404, "not-found")
		})},
		{"forgery rejected and applied", forged, "left its row behind", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events = append(t.Events, strayEvent("e-forged"))
		})},
	}
}

func guiltyMoney() []guilty {
	const name = "payments-settle"
	return []guilty{
		{"acknowledged and forgotten", name, "forgotten", func() *Evidence {
			s := oneOrder()
			s.pass(3 * secondUS)
			op := s.begin(evidence.Operation{Kind: evidence.SendWebhook, OrderID: 1, Payment: "success", Key: "e1"})
			accept(op, 200)
			op.GotHandled, op.GotStatus, op.GotOutcome = true, "pending", "refund_due"
			return s.rest()
		}},
		{"acknowledged with nothing", name, "acknowledged with an outcome", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			operation(ev, evidence.SendWebhook, "e1", 0).GotOutcome = "ignored"
		})},
		{"stored as nothing", name, "stored with an outcome", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events[0].Outcome = "ignored"
		})},
		{"two paid events", name, "number of its paid events", spoiled(func(t *evidence.Tables, _ *Evidence) {
			for i := range t.Events {
				if t.Events[i].Key == "e1-again" {
					t.Events[i].Outcome = "paid"
				}
			}
		})},
		{"paid for nothing", name, "number of its paid events", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[1].Status = "paid"
		})},
	}
}

func guiltyRest() []guilty {
	const name = "stock-returns"
	return []guilty{
		{"a used hold never lapses", name, "still reserves stock", func() *Evidence {
			s := oneOrder()
			s.pass(4 * secondUS)
			ev := s.rest()
			ev.Final.Holds[0].Status, ev.Final.Products[0].StockHeld = "used", 1
			return ev
		}},
		{"less is offered than is left", name, "not what was left unsold", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			ev.Operations[len(ev.Operations)-1].GotAvailable--
		})},
		{"a counter keeps what was returned", name, "not zero at rest", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Products[0].StockHeld = 2
		})},
	}
}
