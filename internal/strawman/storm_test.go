package strawman

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"flashsale/internal/api"
)

// TestStormBalances lets everything happen at once: holds that lapse while they are ordered, payments in time and late,
// twice and both ways, and a busy sweep. The books must balance, nobody is told of trouble, and nothing deadlocks.
func TestStormBalances(t *testing.T) { inBothDesigns(t, testStormBalances) }

func testStormBalances(t *testing.T, start starter) {
	const buyers, rounds, stock = 32, 12, 60
	r := start(t, func(c *Config) { c.HoldTTL, c.SweepInterval = 40*time.Millisecond, 3*time.Millisecond })
	products := []int64{r.product(stock), r.product(stock)}
	deadlocks := r.deadlocks()
	var all sync.WaitGroup
	for buyer := range buyers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(buyer)))
			for round := range rounds {
				r.buy(rng, products[rng.IntN(2)], fmt.Sprintf("%d-%d", buyer, round))
			}
		})
	}
	all.Wait()
	for _, product := range products {
		paid := r.count("SELECT SUM(qty) FROM orders WHERE status = 'paid' AND product_id = ?", product)
		if sold := r.sold(product); sold != paid || sold > stock || sold == 0 {
			t.Errorf("product %d: %d sold, %d paid, of %d", product, sold, paid, stock)
		}
	}
	for what, text := range map[string]string{
		"paid orders without exactly one paid event": `SELECT COUNT(*) FROM orders o WHERE (o.status = 'paid') !=
			(SELECT COUNT(*) FROM payment_events e WHERE e.order_id = o.id AND e.outcome = 'paid')`,
		"paid orders without a completed hold": `SELECT COUNT(*) FROM orders o JOIN holds h ON h.id = o.hold_id
			WHERE (o.status = 'paid') != (h.status = 'completed')`,
		"holds with two orders": `SELECT COUNT(*) - COUNT(DISTINCT hold_id) FROM orders`,
		"orders of lapsed holds": `SELECT COUNT(*) FROM orders o JOIN holds h ON h.id = o.hold_id
			WHERE o.created_at >= h.expires_at`,
		"holds expired too soon": `SELECT COUNT(*) FROM holds WHERE status = 'expired' AND updated_at < expires_at`,
	} {
		if n := r.count(text); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := r.deadlocks() - deadlocks; n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// buy is one purchase: held, ordered twice at once, paid for in one or two ways, each delivered twice at once.
func (r *rig) buy(rng *rand.Rand, product int64, name string) {
	answers := r.storm(r.post(api.PathHolds, holdBody(product, 1+rng.Int64N(3)), keyed(name)))
	if answers[0].status != http.StatusCreated {
		return
	}
	order := r.post(api.PathOrders, orderBody(answers[0].int("hold_id")), nil)
	var id int64
	for _, a := range r.storm(order, order) {
		id = max(id, a.int("order_id"))
	}
	if id == 0 {
		return
	}
	var deliveries []func() (reply, error)
	for i := range 1 + rng.IntN(2) {
		status := api.PaymentSuccess
		if rng.IntN(3) == 0 {
			status = api.PaymentFailure
		}
		body := eventBody(id, status, fmt.Sprint(name, "-", i))
		deliver := r.post(api.PathWebhook, body, sign(testSecret, body, time.Now()))
		deliveries = append(deliveries, deliver, deliver)
	}
	r.storm(deliveries...)
}

// storm sends requests at once; whatever is decided, the server must be able to say.
func (r *rig) storm(requests ...func() (reply, error)) []reply {
	replies := make([]reply, len(requests))
	var all sync.WaitGroup
	for i, request := range requests {
		all.Go(func() {
			a, err := request()
			if err != nil || a.status >= http.StatusInternalServerError {
				r.Errorf("%d %v, %v", a.status, a.body, err)
			}
			replies[i] = a
		})
	}
	all.Wait()
	return replies
}

func (r *rig) deadlocks() (n int64) {
	var name string
	if err := r.db.QueryRow("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").Scan(&name, &n); err != nil {
		r.Fatal(err)
	}
	return n
}
