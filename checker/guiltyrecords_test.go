package checker

import "flashsale/internal/evidence"

// Rows that should not be there, and rows that should.

func guiltyTraces() []guilty {
	const refusal = "refusal-leaves-no-trace"
	return []guilty{
		{"refused hold", refusal, "refused hold", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds = append(t.Holds, strayHold("h5", 99))
		})},
		{"refused hold without a key", refusal, "refused hold", func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 5, "", answered)
			h := strayHold("", 5)
			h.CreatedAt = s.now
			s.holds = append(s.holds, &h)
			return s.rest()
		}},
		{"refused hold with a key, row without", refusal, "refused hold", func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 5, "h1", answered)
			h := strayHold("", 5)
			h.CreatedAt = s.now
			s.holds = append(s.holds, &h)
			return s.rest()
		}},
		{"refused order", refusal, "refused order", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders = append(t.Orders, strayOrder("o4"))
		})},
		{"refused event", refusal, "refused payment event", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events = append(t.Events, strayEvent("e1"))
		})},
	}
}

func guiltyStrays() []guilty {
	const nowhere = "nothing-from-nowhere"
	return []guilty{
		{"a hold written twice beside a refusal", nowhere, "hold comes from no request", func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.lead += 1000
			s.hold(1, 1, "h2", answered) // refused; under way when h1 was granted
			h := *s.holds[0]
			h.ID, h.Key = 99, ""
			s.holds = append(s.holds, &h)
			return s.rest()
		}},
		{"a hold nobody asked for", nowhere, "hold comes from no request", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds = append(t.Holds, strayHold("what", 1))
		})},
		{"a hold written twice", nowhere, "hold comes from no request", spoiled(func(t *evidence.Tables, _ *Evidence) {
			h := t.Holds[3]
			h.ID, h.Key = 99, ""
			t.Holds = append(t.Holds, h)
		})},
		{"a lost hold written twice", nowhere, "hold comes from no request", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answerLost)
			h := *s.holds[0]
			h.ID = 2
			s.holds = append(s.holds, &h)
			return s.rest()
		}},
		{"more keyless holds than attempts", nowhere, "hold comes from no request", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "", answerLost)
			h := *s.holds[0]
			h.ID = 2
			s.holds = append(s.holds, &h)
			return s.rest()
		}},
		{"another quantity than was asked", nowhere, "hold comes from no request", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answerLost)
			s.holds[0].Qty = 2
			return s.rest()
		}},
		{"an order nobody asked for", nowhere, "order comes from no request", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders = append(t.Orders, strayOrder(""))
		})},
		{"an event nobody sent", nowhere, "event comes from no webhook", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events = append(t.Events, strayEvent("E1"))
		})},
	}
}

// Rows that the shop did not make: stored in the middle of an ordinary day.

func strayHold(key string, qty int64) evidence.Hold {
	at := epochUS + 50_000
	return evidence.Hold{
		ID: 99, ProductID: 1, Qty: qty, Status: "expired", Key: key,
		CreatedAt: at, ExpiresAt: at + 2*secondUS, UpdatedAt: at + 2*secondUS + 1000,
	}
}

func strayOrder(key string) evidence.Order {
	return evidence.Order{
		ID: 99, ProductID: 1, HoldID: 4, Qty: 2, TotalPrice: 200, Status: "pending", Key: key, CreatedAt: epochUS + 100_000,
	}
}

func strayEvent(key string) evidence.PaymentEvent {
	return evidence.PaymentEvent{
		ID: 99, OrderID: 1, Key: key, Payment: "failure", Outcome: "ignored", CreatedAt: epochUS + 100_000,
	}
}

func guiltyLosses() []guilty {
	const name = "acknowledged-survives"
	return []guilty{
		{"hold lost", name, "hold that was answered 2xx is not", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds = t.Holds[:3]
		})},
		{"order lost", name, "order that was answered 2xx is not", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders = t.Orders[1:]
		})},
		{"event lost", name, "event that was answered 2xx is not", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events = t.Events[1:]
		})},
		{"hold altered", name, "hold in the database is not the one", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[0].ExpiresAt++
		})},
		{"hold under another key", name, "hold in the database is not", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Holds[0].Key = "H1"
		})},
		{"order altered", name, "order in the database is not the one", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Orders[0].TotalPrice++
		})},
		{"event altered", name, "event in the database is not the one", spoiled(func(t *evidence.Tables, _ *Evidence) {
			t.Events[0].Outcome = "refund_due"
		})},
		{"one id for two holds", name, "two requests", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			s.hold(1, 1, "h2", answered).GotHoldID = 1
			return s.rest()
		}},
		{"a buyer read what was not kept", name, "hold that was answered 2xx is not", func() *Evidence {
			s := oneOrder()
			s.readHold(1).GotHoldID = 2
			return s.rest()
		}},
	}
}
