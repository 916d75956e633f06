package strawman

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"flashsale/internal/api"
)

// books is what a story leaves behind.
type books struct {
	hold, order     string
	sold, available int64
	outcomes        string
}

// TestPayments plays every row of the state table: a hold of 2 of 5 units is ordered, things happen, events come.
func TestPayments(t *testing.T) { inBothDesigns(t, testPayments) }

func testPayments(t *testing.T, start starter) {
	const success, failure = api.PaymentSuccess, api.PaymentFailure
	lapse := func(r *rig, hold, _ int64) { r.lapse(hold) }
	swept := func(r *rig, hold, _ int64) { r.lapse(hold); r.sweep() }
	resold := func(r *rig, hold, product int64) { r.lapse(hold); r.hold(product, 4) }
	sweptResold := func(r *rig, hold, product int64) { swept(r, hold, product); r.hold(product, 4) }

	for _, story := range []struct {
		name    string
		between func(r *rig, hold, product int64)
		events  []string
		want    books
	}{
		{"paid in time", nil, []string{success}, books{"completed", "paid", 2, 3, "paid"}},
		{"failed in time", nil, []string{failure}, books{"canceled", "canceled", 0, 5, "canceled"}},
		{"lapsed, nothing comes", swept, nil, books{"expired", "pending", 0, 5, ""}},
		{"late, stock is there", lapse, []string{success}, books{"completed", "paid", 2, 3, "paid"}},
		{"late and swept, stock is there", swept, []string{success}, books{"completed", "paid", 2, 3, "paid"}},
		{"late, stock is gone", resold, []string{success}, books{"expired", "canceled", 0, 1, "refund_due"}},
		{"late and swept, stock is gone", sweptResold, []string{success},
			books{"expired", "canceled", 0, 1, "refund_due"}},
		{"failed after the lapse", lapse, []string{failure}, books{"expired", "canceled", 0, 5, "canceled"}},
		{"failed after the sweep", swept, []string{failure}, books{"expired", "canceled", 0, 5, "canceled"}},
		{"failure, then success", nil, []string{failure, success},
			books{"completed", "paid", 2, 3, "canceled paid"}},
		{"failure after the sweep, then success", swept, []string{failure, success},
			books{"completed", "paid", 2, 3, "canceled paid"}},
		{"refused late, and again", resold, []string{success, success},
			books{"expired", "canceled", 0, 1, "refund_due refund_due"}},
		{"two charges", nil, []string{success, success}, books{"completed", "paid", 2, 3, "paid refund_due"}},
		{"success, then failure", nil, []string{success, failure}, books{"completed", "paid", 2, 3, "paid ignored"}},
		{"two failures", nil, []string{failure, failure}, books{"canceled", "canceled", 0, 5, "canceled ignored"}},
		{"a paid hold never lapses", nil, []string{success}, books{"completed", "paid", 2, 3, "paid"}},
	} {
		t.Run(story.name, func(t *testing.T) {
			r := start(t)
			product := r.product(5)
			hold := r.hold(product, 2)
			order := r.order(hold)
			if story.between != nil {
				story.between(r, hold, product)
			}
			var got books
			for i, event := range story.events {
				if i > 0 {
					got.outcomes += " "
				}
				got.outcomes += r.pay(order, event)
			}
			got.hold, got.order = r.holdStatus(hold), r.orderStatus(order)
			got.sold, got.available = r.sold(product), r.available(product)
			if got != story.want {
				t.Errorf("got %+v, want %+v", got, story.want)
			}
		})
	}
}

func TestHoldGrantsAndRefuses(t *testing.T) { inBothDesigns(t, testHoldGrantsAndRefuses) }

func testHoldGrantsAndRefuses(t *testing.T, start starter) {
	r := start(t)
	product := r.product(3)
	a := r.send("POST", api.PathHolds, holdBody(product, 2), nil)
	expires, err := time.Parse(time.RFC3339Nano, a.text("expires_at"))
	if err != nil || expires.Location() != time.UTC {
		t.Fatalf("expires_at %q: %v", a.text("expires_at"), err)
	}
	var created time.Time
	if err := r.db.QueryRow("SELECT created_at FROM holds").Scan(&created); err != nil {
		t.Fatal(err)
	}
	if !expires.Equal(created.Add(time.Minute)) {
		t.Errorf("granted at %v, expires at %v; want a minute", created, expires)
	}
	a = r.send("POST", api.PathHolds, holdBody(product, 2), nil)
	if a.problem() != api.ProblemNotEnoughStock || a.int("available_stock") != 1 {
		t.Errorf("2 of 1: %d %v", a.status, a.body)
	}
	r.hold(product, 1)
	if n := r.available(product); n != 0 {
		t.Errorf("%d available of none", n)
	}
	r.exec("UPDATE products SET stock_total = stock_total + 4 WHERE id = ?", product)
	if n := r.available(product); n != 4 {
		t.Errorf("%d available after a restock of 4", n)
	}
	if n := r.count("SELECT COUNT(*) FROM holds"); n != 2 {
		t.Errorf("%d holds; the refusal left a trace", n)
	}
}

func TestOrderRefusals(t *testing.T) { inBothDesigns(t, testOrderRefusals) }

func testOrderRefusals(t *testing.T, start starter) {
	r := start(t)
	product := r.product(20)
	refuse := func(what string, hold int64, problem string, order int64) {
		t.Helper()
		a := r.send("POST", api.PathOrders, orderBody(hold), nil)
		if a.problem() != problem || a.int("order_id") != order {
			t.Errorf("%s: %d %v; want %s, order %d", what, a.status, a.body, problem, order)
		}
	}
	used := r.hold(product, 1)
	order := r.order(used)
	refuse("used", used, api.ProblemHoldAlreadyUsed, order)
	r.lapse(used)
	refuse("used and lapsed", used, api.ProblemHoldAlreadyUsed, order)
	r.sweep()
	refuse("expired with an order", used, api.ProblemHoldAlreadyUsed, order)
	r.pay(order, api.PaymentSuccess)
	refuse("completed", used, api.ProblemHoldAlreadyUsed, order)

	canceled := r.hold(product, 1)
	r.pay(r.order(canceled), api.PaymentFailure)
	refuse("canceled", canceled, api.ProblemHoldCanceled, 0)

	lapsed := r.hold(product, 1)
	r.lapse(lapsed)
	refuse("lapsed", lapsed, api.ProblemHoldExpired, 0)
	if s := r.holdStatus(lapsed); s != api.HoldExpired {
		t.Errorf("a lapsed hold met by a decision is %s", s)
	}
	refuse("expired", lapsed, api.ProblemHoldExpired, 0)
	refuse("nowhere", 9999, api.ProblemNotFound, 0)
}

func TestEventKeys(t *testing.T) { inBothDesigns(t, testEventKeys) }

func testEventKeys(t *testing.T, start starter) {
	r := start(t)
	product := r.product(20)
	one, two := r.order(r.hold(product, 1)), r.order(r.hold(product, 1))
	first := r.event(one, api.PaymentSuccess, "evt_A")
	again := r.event(one, api.PaymentSuccess, "evt_A")
	if first.text("message") != api.MessagePaymentHandled || again.text("message") != api.MessageAlreadyProcessed ||
		again.text("outcome") != api.OutcomePaid || again.text("order_status") != api.OrderPaid {
		t.Errorf("first %v, again %v", first.body, again.body)
	}
	for what, a := range map[string]reply{
		"another order":         r.event(two, api.PaymentSuccess, "evt_A"),
		"another status":        r.event(one, api.PaymentFailure, "evt_A"),
		"an order that is none": r.event(9999, api.PaymentSuccess, "evt_A"),
	} {
		if a.status != http.StatusUnprocessableEntity || a.problem() != api.ProblemKeyReused {
			t.Errorf("the key with %s: %d %v", what, a.status, a.body)
		}
	}
	// Keys are bytes: case, accents and trailing spaces count.
	for _, key := range []string{"evt_a", "évt_A", "evt_A ", "evt_A\u0000", fmt.Sprintf("%0255d", 1)} {
		if a := r.event(two, api.PaymentFailure, key); a.text("message") != api.MessagePaymentHandled {
			t.Errorf("key %q: %d %v", key, a.status, a.body)
		}
	}
	if a := r.event(9999, api.PaymentSuccess, "evt_new"); a.problem() != api.ProblemNotFound {
		t.Errorf("no order: %d %v", a.status, a.body)
	}
	if n := r.count("SELECT COUNT(*) FROM payment_events"); n != 6 {
		t.Errorf("%d events; want 6", n)
	}
}

func TestHoldAndOrderKeys(t *testing.T) { inBothDesigns(t, testHoldAndOrderKeys) }

func testHoldAndOrderKeys(t *testing.T, start starter) {
	r := start(t)
	product := r.product(2)
	first := r.send("POST", api.PathHolds, holdBody(product, 2), keyed("k\xff"))
	again := r.send("POST", api.PathHolds, holdBody(product, 2), keyed("k\xff"))
	if first.replayed() || !again.replayed() || again.status != http.StatusCreated ||
		again.int("hold_id") != first.int("hold_id") || again.text("expires_at") != first.text("expires_at") {
		t.Errorf("hold: first %v, again %d %v", first.body, again.status, again.body)
	}
	for what, body := range map[string]string{
		"another quantity": holdBody(product, 1), "another product": holdBody(r.product(9), 2),
		"a product that is none": holdBody(9999, 2),
	} {
		if a := r.send("POST", api.PathHolds, body, keyed("k\xff")); a.problem() != api.ProblemKeyReused {
			t.Errorf("the hold's key with %s: %d %v", what, a.status, a.body)
		}
	}
	// A refusal is not stored: the same key may succeed later.
	if a := r.send("POST", api.PathHolds, holdBody(product, 1), keyed("later")); a.problem() != api.ProblemNotEnoughStock {
		t.Errorf("sold out: %d %v", a.status, a.body)
	}
	r.exec("UPDATE products SET stock_total = 3 WHERE id = ?", product)
	late := r.send("POST", api.PathHolds, holdBody(product, 1), keyed("later"))
	if late.status != http.StatusCreated || late.replayed() {
		t.Errorf("after the restock: %d %v", late.status, late.body)
	}

	// The endpoints have key spaces of their own, and a replay tells of the order as it was made.
	hold := first.int("hold_id")
	order := r.send("POST", api.PathOrders, orderBody(hold), keyed("later"))
	r.pay(order.int("order_id"), api.PaymentSuccess)
	again = r.send("POST", api.PathOrders, orderBody(hold), keyed("later"))
	if order.status != http.StatusCreated || !again.replayed() || again.int("order_id") != order.int("order_id") ||
		again.text("status") != api.OrderPending || again.int("qty") != 2 || again.int("total_price") != 500 {
		t.Errorf("order: first %d %v, again %d %v", order.status, order.body, again.status, again.body)
	}
	if a := r.send("POST", api.PathOrders, orderBody(late.int("hold_id")), keyed("later")); a.problem() !=
		api.ProblemKeyReused {
		t.Errorf("the order's key with another hold: %d %v", a.status, a.body)
	}
}

func TestDecisionTimesAreStored(t *testing.T) { inBothDesigns(t, testDecisionTimesAreStored) }

func testDecisionTimesAreStored(t *testing.T, start starter) {
	r := start(t)
	product := r.product(2)
	hold := r.hold(product, 1)
	order := r.order(hold)
	r.pay(order, api.PaymentSuccess)
	for what, text := range map[string]string{
		"the order's creation used the hold": `SELECT h.updated_at >= o.created_at AND h.created_at < o.created_at
			FROM orders o JOIN holds h ON h.id = o.hold_id`,
		"one moment paid": `SELECT e.created_at = o.updated_at AND o.updated_at = h.updated_at
			AND h.updated_at = p.updated_at
			FROM payment_events e JOIN orders o ON o.id = e.order_id JOIN holds h ON h.id = o.hold_id
			JOIN products p ON p.id = o.product_id`,
	} {
		if r.count(text) != 1 {
			t.Errorf("not so: %s", what)
		}
	}
	swept := r.hold(product, 1)
	r.lapse(swept)
	r.sweep()
	if r.count("SELECT updated_at > expires_at FROM holds WHERE id = ?", swept) != 1 {
		t.Error("a hold was swept before it lapsed")
	}
}

func TestSweepTakesEveryLapsedHoldAndNoOther(t *testing.T) {
	inBothDesigns(t, testSweepTakesEveryLapsedHoldAndNoOther)
}

func testSweepTakesEveryLapsedHoldAndNoOther(t *testing.T, start starter) {
	r := start(t)
	product, other := r.product(5000), r.product(5)
	fresh := r.hold(product, 1)
	for range 3 {
		r.exec(`INSERT INTO holds (product_id, qty, status, expires_at, created_at, updated_at)
			SELECT ?, 1, IF(seq % 2, 'active', 'used'), '2020-01-01', '2020-01-01', '2020-01-01' FROM seq_1_to_400`, product)
	}
	r.countHolds()
	used := r.hold(other, 1)
	r.order(used)
	r.lapse(used)
	r.sweep()
	if n := r.count("SELECT COUNT(*) FROM holds WHERE status = 'expired'"); n != 1201 {
		t.Errorf("%d expired; want 1201", n)
	}
	if s := r.holdStatus(fresh); s != api.HoldActive {
		t.Errorf("a hold that has not lapsed is %s", s)
	}
}
