package strawman

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"flashsale/internal/api"
)

// scene provokes one guard's bug and tells whether it showed. It leaves at least three units on sale whenever it asks
// for stock, except where that is the point.
type scene func(r *rig) (broken bool)

// scenes has one for every guard.
func scenes() map[string]scene {
	return map[string]scene{
		"product-lock": func(r *rig) bool {
			product := r.product(5)
			hold := r.post(api.PathHolds, holdBody(product, 5), nil)
			return statuses(r.together(lockProductRow, product, hold, hold))[http.StatusCreated] > 1
		},
		"used-holds-count": func(r *rig) bool {
			product := r.product(5)
			r.order(r.hold(product, 5))
			return r.send("POST", api.PathHolds, holdBody(product, 5), nil).status == http.StatusCreated
		},
		"late-payment-recheck": func(r *rig) bool {
			product := r.product(5)
			hold := r.hold(product, 5)
			order := r.order(hold)
			r.lapse(hold)
			r.pay(r.order(r.hold(product, 5)), api.PaymentSuccess)
			r.pay(order, api.PaymentSuccess)
			return r.sold(product) > 5
		},
		"late-payment-answered": func(r *rig) bool {
			hold := r.hold(r.product(5), 1)
			order := r.order(hold)
			r.lapse(hold)
			r.pay(order, api.PaymentSuccess)
			return r.count("SELECT COUNT(*) FROM payment_events WHERE order_id = ?", order) == 0
		},
		"unique-event-key": func(r *rig) bool {
			product := r.product(5)
			order := r.order(r.hold(product, 1))
			body := eventBody(order, api.PaymentSuccess, "at once")
			deliver := r.post(api.PathWebhook, body, sign(testSecret, body, time.Now()))
			r.together(lockProductRow, product, deliver, deliver)
			return r.count("SELECT COUNT(*) FROM payment_events WHERE order_id = ?", order) > 1
		},
		"one-transaction": eventOutlivesItsEffects,
		"hold-lock": func(r *rig) bool {
			hold := r.hold(r.product(5), 1)
			order := r.post(api.PathOrders, orderBody(hold), nil)
			return statuses(r.together(lockHoldRow, hold, order, order))[http.StatusCreated] > 1
		},
		"expiry-check": func(r *rig) bool {
			hold := r.hold(r.product(5), 1)
			r.lapse(hold)
			return r.send("POST", api.PathOrders, orderBody(hold), nil).status == http.StatusCreated
		},
		"exact-release": func(r *rig) bool {
			product := r.product(5)
			r.pay(r.order(r.hold(product, 2)), api.PaymentFailure)
			return r.sold(product) != 0
		},
		"paid-is-final": func(r *rig) bool {
			product := r.product(5)
			order := r.order(r.hold(product, 2))
			r.pay(order, api.PaymentSuccess)
			r.pay(order, api.PaymentFailure)
			canceled := r.orderStatus(order) == api.OrderCanceled
			if sold := r.sold(product); canceled && sold != 0 {
				r.Errorf("only finality is to break, but %d are sold", sold)
			}
			return canceled
		},
		"commit-before-answer": func(r *rig) bool {
			product := r.product(1000)
			for range 50 {
				if r.count("SELECT COUNT(*) FROM holds WHERE id = ?", r.hold(product, 1)) == 0 {
					return true
				}
			}
			return false
		},
		"commit-checked": func(r *rig) bool {
			product := r.product(1000)
			for range oneIn {
				r.hold(product, 1)
			}
			return r.count("SELECT COUNT(*) FROM holds WHERE product_id = ?", product) < oneIn
		},
		"one-row-per-request": func(r *rig) bool {
			product := r.product(1000)
			for range oneIn {
				r.hold(product, 1)
			}
			return r.count("SELECT COUNT(*) FROM holds WHERE product_id = ?", product) > oneIn
		},
		"signature": func(r *rig) bool {
			order := r.order(r.hold(r.product(5), 1))
			a := r.send("POST", api.PathWebhook, eventBody(order, api.PaymentSuccess, "unsigned"), nil)
			return a.status != http.StatusUnauthorized
		},
		"fresh-reads": func(r *rig) bool {
			product := r.product(5)
			r.available(product)
			r.hold(product, 1)
			return r.available(product) == 5
		},
		"clean-refusal": func(r *rig) bool {
			product := r.product(5)
			r.send("POST", api.PathHolds, holdBody(product, 6), nil)
			return r.count("SELECT COUNT(*) FROM holds WHERE product_id = ?", product) != 0
		},
		"sweeper": neverSwept,
		"holds-lapse": func(r *rig) bool {
			product := r.product(5)
			hold := r.hold(product, 5)
			r.order(hold)
			r.lapse(hold)
			r.sweep()
			return r.available(product) != 5
		},
		"sell-to-the-last": func(r *rig) bool {
			product := r.product(2)
			return r.send("POST", api.PathHolds, holdBody(product, 1), nil).status != http.StatusCreated
		},
		"exact-price": func(r *rig) bool {
			hold := r.hold(r.product(5), 3)
			return r.send("POST", api.PathOrders, orderBody(hold), nil).int("total_price") != 750
		},
	}
}

// eventOutlivesItsEffects makes the effects fail and looks whether the event is there all the same.
func eventOutlivesItsEffects(r *rig) bool {
	order := r.order(r.hold(r.product(5), 1))
	r.exec(`CREATE TRIGGER no_effect BEFORE UPDATE ON orders FOR EACH ROW SIGNAL SQLSTATE '45000'`)
	a := r.event(order, api.PaymentSuccess, "no effect")
	r.exec(`DROP TRIGGER no_effect`)
	if a.status != http.StatusInternalServerError || a.problem() != api.ProblemInternal {
		r.Errorf("the effects failed, the answer is %d %v", a.status, a.body)
	}
	return r.count("SELECT COUNT(*) FROM payment_events WHERE order_id = ?", order) != 0
}

// neverSwept lets the sweep run until it has expired a hold, or has given up of its own accord.
func neverSwept(r *rig) bool {
	hold := r.hold(r.product(5), 1)
	r.lapse(hold)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	gaveUp := make(chan struct{})
	go func() { defer close(gaveUp); r.shop.sweepEvery(ctx, time.Millisecond) }()
	over := false
	r.waitFor("the sweep", func() bool {
		select {
		case <-gaveUp:
			over = true
		default:
		}
		return over || r.holdStatus(hold) == api.HoldExpired
	})
	return r.holdStatus(hold) != api.HoldExpired
}

func TestWholeStrawmanHasNoneOfTheBugs(t *testing.T) {
	inBothDesigns(t, testWholeStrawmanHasNoneOfTheBugs)
}

func testWholeStrawmanHasNoneOfTheBugs(t *testing.T, start starter) {
	r := start(t)
	for name, broken := range scenes() {
		if broken(r) {
			t.Errorf("%s is in place, its bug shows", name)
		}
	}
}

// TestEveryGuardCanBeRemoved removes one guard at a time: its own bug must show, and none of the others'.
func TestEveryGuardCanBeRemoved(t *testing.T) {
	// Other scenes that a removal disturbs, since they rely on what is gone.
	disturbs := map[string][]string{
		"holds-lapse": {"late-payment-recheck"}, // the lapsed stock cannot be sold again
		// An answer that comes before its commit disturbs whatever is built on it.
		"commit-before-answer": {"*"},
	}
	all := scenes()
	for _, guard := range Guards() {
		t.Run(guard.Name, func(t *testing.T) {
			r := start(t, guard.Name)
			for name, broken := range all {
				if name == guard.Name || slices.Contains(disturbs[guard.Name], name) ||
					slices.Contains(disturbs[guard.Name], "*") {
					continue
				}
				if broken(r) {
					t.Errorf("without %s the bug of %s shows", guard.Name, name)
				}
			}
			own, ok := all[guard.Name]
			if !ok {
				t.Fatal("no scene shows this guard's bug")
			}
			if !own(r) {
				t.Error("its bug does not show")
			}
		})
	}
}

func TestGuardsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range Guards() {
		if g.Name == "" || g.Why == "" || len(g.CaughtBy) == 0 || seen[g.Name] {
			t.Errorf("guard %+v", g)
		}
		seen[g.Name] = true
		without, err := guardsWithout([]string{g.Name})
		if whole, _ := guardsWithout(nil); err != nil || without == whole {
			t.Errorf("removing %s changes nothing (%v)", g.Name, err)
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d guards; want 20", len(seen))
	}
}

func TestUnknownGuardSuggestsTheNearest(t *testing.T) {
	for name, want := range map[string]string{
		"produkt-lock": `no guard is called "produkt-lock"; did you mean "product-lock"?`,
		"holdlock":     `no guard is called "holdlock"; did you mean "hold-lock"?`,
		"":             `no guard is called ""; did you mean "sweeper"?`,
	} {
		if _, err := guardsWithout([]string{name}); err == nil || err.Error() != want {
			t.Errorf("%q: %v", name, err)
		}
		if err := CreateSchema(t.Context(), nil, Config{Without: []string{name}}); err == nil || err.Error() != want {
			t.Errorf("schema, %q: %v", name, err)
		}
	}
}
