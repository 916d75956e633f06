package checker

import "flashsale/internal/evidence"

// States and times that cannot be.

func guiltyTransitions() []guilty {
	const name = "legal-transitions"
	return []guilty{
		{"paid is canceled by an event", name, "does not allow", spoiled(func(t *evidence.Tables, _ *Evidence) {
			for i := range t.Events {
				if t.Events[i].Key == "e1-late" {
					t.Events[i].Outcome = "canceled"
				}
			}
		})},
		{"paid is canceled by nothing", name, "not where its payment", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].Status, t.Holds[0].Status = "canceled", "canceled"
		})},
		{"paid twice", name, "does not allow", spoiled(func(t *evidence.Tables, _ *Evidence) {
			for i := range t.Events {
				if t.Events[i].Key == "e1-again" {
					t.Events[i].Outcome = "paid"
				}
			}
		})},
		{"paid twice in one batch", name, "does not allow", func() *Evidence {
			s := oneOrder()
			s.batch(func() {
				s.webhook(1, "success", "e1", answered)
				s.webhook(1, "success", "e2", answered)
			})
			s.events[0].Outcome, s.events[1].Outcome = "paid", "paid"
			return s.rest()
		}},
		{"a pending order is refunded in time", name, "does not allow", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered).GotOutcome = "refund_due"
			s.events[0].Outcome, s.orders[0].Status, s.holds[0].Status = "refund_due", "canceled", "canceled"
			s.products[0].StockSold = 0
			return s.rest()
		}},
		{"outcome of another payment", name, "its status cannot have", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events[0].Outcome = "ignored"
		})},
	}
}

func guiltyStates() []guilty {
	const name = "legal-transitions"
	return []guilty{
		{"paid order, hold not completed", name, "do not go together", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[0].Status = "expired"
		})},
		{"pending order, hold canceled", name, "do not go together", func() *Evidence {
			s := oneOrder()
			ev := s.rest()
			ev.Final.Holds[0].Status = "canceled"
			return ev
		}},
		{"canceled in time, hold still used", name, "do not go together", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[1].Status = "used"
		})},
		{"another quantity", name, "not for what its hold reserved", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].Qty++
		})},
		{"completed without an order", name, "without an order", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[3].Status = "completed"
		})},
		{"active with an order", name, "still active", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[0].Status = "active"
		})},
	}
}

func guiltySightings() []guilty {
	const name = "legal-transitions"
	return []guilty{
		{"seen paid, then pending", name, "gone when the next one looked", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered)
			s.readOrder(1).GotStatus = "pending"
			return s.rest()
		}},
		{"seen paid, then canceled", name, "gone when the next one looked", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "failure", "e2", answered).GotStatus = "canceled"
			return s.rest()
		}},
		{"a hold goes back to active", name, "gone when the next one looked", func() *Evidence {
			s := oneOrder()
			s.readHold(1)
			s.readHold(1).GotStatus = "active"
			return s.rest()
		}},
		{"seen paid, not paid in the end", name, "not what the final tables hold", func() *Evidence {
			s := oneOrder()
			s.readOrder(1).GotStatus = "paid"
			return s.rest()
		}},
	}
}

func guiltyTimes() []guilty {
	const name = "expiry-honoured"
	return []guilty{
		{"granted for too long", name, "exactly its time to live", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[0].ExpiresAt++
		})},
		{"ordered at the end", name, "decided after its hold had lapsed", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].CreatedAt = t.Holds[0].ExpiresAt
		})},
		{"asked for too late, row dated back", name, "only asked for after", spoiled(func(_ *evidence.Tables, ev *Evidence) {
			op := operation(ev, evidence.CreateOrder, "o1", 0)
			op.Call, op.Return = op.Call+4e9, op.Return+4e9
		})},
		{"expired before its time", name, "before its time", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[3].UpdatedAt = t.Holds[3].ExpiresAt - 1
		})},
		{"swept late", name, "swept too late", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[3].UpdatedAt += 3 * secondUS
		})},
		{"swept late, long after a fault", name, "swept too late", spoiled(func(t *evidence.Tables, ev *Evidence) {
			ev.Run.Faults = []evidence.Fault{{Name: "freeze", Injected: 1, Healed: 1e9, Recovered: 1e9}}
			t.Holds[3].UpdatedAt += 3 * secondUS
		})},
		{"never swept", name, "never swept", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			s.pass(4 * secondUS)
			ev := s.rest()
			ev.Final.Holds[0].Status = "active"
			ev.Final.Products[0].StockHeld = 1
			return ev
		}},
	}
}
