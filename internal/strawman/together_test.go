package strawman

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"flashsale/internal/api"
)

// together makes requests meet at one row: the test locks the row, every request runs until it waits for that lock or
// for another of them, and only then the row is let go.
func (r *rig) together(lock string, id int64, requests ...func() (reply, error)) []reply {
	r.Helper()
	tx, err := r.db.Begin()
	if err != nil {
		r.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(lock+" FOR UPDATE", id).Scan(&id); err != nil {
		r.Fatal(err)
	}
	replies := make([]reply, len(requests))
	errs := make([]error, len(requests))
	var all sync.WaitGroup
	for i, request := range requests {
		all.Go(func() { replies[i], errs[i] = request() })
	}
	r.waitFor("every request to wait for the lock", func() bool { return r.lockWaits() >= len(requests) })
	if err := tx.Rollback(); err != nil {
		r.Fatal(err)
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			r.Fatal(err)
		}
	}
	return replies
}

func (r *rig) lockWaits() (waits int) {
	var name string
	if err := r.db.QueryRow("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").Scan(&name, &waits); err != nil {
		r.Error(err)
	}
	return waits
}

// waitFor polls until the condition holds; it fails the test after ten seconds.
func (r *rig) waitFor(what string, condition func() bool) {
	r.Helper()
	deadline := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			r.Fatalf("waited in vain for %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// post is a request for together.
func (r *rig) post(path, body string, header map[string]string) func() (reply, error) {
	return func() (reply, error) { return r.try("POST", path, body, header) }
}

func statuses(replies []reply) map[int]int {
	counts := map[int]int{}
	for _, a := range replies {
		counts[a.status]++
	}
	return counts
}

const (
	lockProductRow = "SELECT id FROM products WHERE id = ?"
	lockHoldRow    = "SELECT id FROM holds WHERE id = ?"
)

func TestHoldsAtOnceSellNoMoreThanThereIs(t *testing.T) {
	r := start(t)
	product := r.product(10)
	replies := make([]reply, 64)
	var all sync.WaitGroup
	for i := range replies {
		all.Go(func() {
			a, err := r.try("POST", api.PathHolds, holdBody(product, 1), keyed(fmt.Sprint("k", i)))
			if err != nil {
				t.Error(err)
			}
			replies[i] = a
		})
	}
	all.Wait()
	if got := statuses(replies); got[http.StatusCreated] != 10 || got[http.StatusConflict] != 54 {
		t.Errorf("10 units, 64 buyers: answers %v", got)
	}
	if n := r.count("SELECT COUNT(*) FROM holds"); n != 10 {
		t.Errorf("%d holds on 10 units", n)
	}
}

func TestOrdersAtOnceOfOneHoldMakeOneOrder(t *testing.T) {
	r := start(t)
	hold := r.hold(r.product(5), 1)
	order := r.post(api.PathOrders, orderBody(hold), nil)
	replies := r.together(lockHoldRow, hold, order, order, order, order)
	if got := statuses(replies); got[http.StatusCreated] != 1 || got[http.StatusConflict] != 3 {
		t.Errorf("answers %v", got)
	}
	id := r.count("SELECT id FROM orders")
	for _, a := range replies {
		if a.int("order_id") != id {
			t.Errorf("an answer names order %d, the order is %d", a.int("order_id"), id)
		}
	}
}

func TestDeliveriesAtOnceHaveOneEffect(t *testing.T) {
	r := start(t)
	product := r.product(5)
	order := r.order(r.hold(product, 2))
	body := eventBody(order, api.PaymentSuccess, "evt")
	deliver := r.post(api.PathWebhook, body, sign(testSecret, body, time.Now()))
	messages := map[string]int{}
	for _, a := range r.together(lockProductRow, product, deliver, deliver, deliver, deliver) {
		messages[a.text("message")]++
		if a.text("outcome") != api.OutcomePaid || a.text("order_status") != api.OrderPaid {
			t.Errorf("answer %d %v", a.status, a.body)
		}
	}
	if messages[api.MessagePaymentHandled] != 1 || messages[api.MessageAlreadyProcessed] != 3 {
		t.Errorf("answers %v", messages)
	}
	if sold, events := r.sold(product), r.count("SELECT COUNT(*) FROM payment_events"); sold != 2 || events != 1 {
		t.Errorf("%d sold by %d events; want 2 by 1", sold, events)
	}
}

func TestOneKeyAtOnceMakesOneRow(t *testing.T) {
	r := start(t)
	product, other := r.product(1), r.product(5)
	hold := r.post(api.PathHolds, holdBody(product, 1), keyed("k"))
	replies := r.together(lockProductRow, product, hold, hold, hold)
	replayed := 0
	for _, a := range replies {
		if a.status != http.StatusCreated || a.int("hold_id") != replies[0].int("hold_id") {
			t.Errorf("answer %d %v", a.status, a.body)
		}
		if a.replayed() {
			replayed++
		}
	}
	if replayed != 2 {
		t.Errorf("%d of 3 answers are replays; want 2, though the last unit was gone", replayed)
	}
	if a := r.send("POST", api.PathHolds, holdBody(other, 1), keyed("k")); a.problem() != api.ProblemKeyReused {
		t.Errorf("the key on another product: %d %v", a.status, a.body)
	}
}

// A last-moment order, the sweep and a late payment contend for one hold; whoever is first, the books balance.
func TestLapseMetFromAllSides(t *testing.T) { inBothDesigns(t, testLapseMetFromAllSides) }

func testLapseMetFromAllSides(t *testing.T, start starter) {
	for range 10 {
		r := start(t)
		product := r.product(1)
		hold := r.hold(product, 1)
		order := r.order(hold)
		r.lapse(hold)
		success, again := eventBody(order, api.PaymentSuccess, "a"), eventBody(order, api.PaymentSuccess, "b")
		replies := r.together(lockProductRow, product,
			r.post(api.PathWebhook, success, sign(testSecret, success, time.Now())),
			r.post(api.PathHolds, holdBody(product, 1), nil),
			func() (reply, error) { return reply{status: http.StatusOK}, r.shop.sweep(t.Context()) },
			r.post(api.PathWebhook, again, sign(testSecret, again, time.Now())))
		paid, held := r.sold(product), r.count("SELECT COUNT(*) FROM holds WHERE status = 'active'")
		if paid+held != 1 {
			t.Fatalf("%d sold and %d held of 1: %v", paid, held, statuses(replies))
		}
		if n := r.count("SELECT COUNT(*) FROM payment_events WHERE outcome = 'paid'"); n != paid {
			t.Fatalf("%d events paid, %d sold", n, paid)
		}
	}
}

func TestOrdersDoNotWaitForTheProduct(t *testing.T) {
	r := startWith(t, func(c *Config) { c.RequestTimeout = 2 * time.Second })
	product := r.product(2)
	hold, lapsed := r.hold(product, 1), r.hold(product, 1)
	r.lapse(lapsed)
	tx, err := r.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(lockProductRow+" FOR UPDATE", product).Scan(&product); err != nil {
		t.Fatal(err)
	}
	r.order(hold)
	if a := r.send("POST", api.PathOrders, orderBody(lapsed), nil); a.problem() != api.ProblemHoldExpired {
		t.Errorf("%d %v", a.status, a.body)
	}
}
