package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

func TestAStormSellsExactlyTheStock(t *testing.T) {
	b := newBench(t, "", nil)
	const stock, buyers = 37, 400
	product := b.product(stock)
	var granted, refused atomic.Int64
	var ids sync.Map
	together(buyers, func(i int) {
		a, err := b.Submit(product, decide.CreateHold{Qty: 1, Key: b.key(i)})
		switch {
		case err != nil:
			t.Error(err)
		case a.Refusal == api.ProblemNotEnoughStock:
			refused.Add(1)
		default:
			granted.Add(1)
			if _, twice := ids.LoadOrStore(a.HoldID, i); twice || a.HoldID == 0 {
				t.Errorf("hold id %d was given twice", a.HoldID)
			}
		}
	})
	if granted.Load() != stock || refused.Load() != buyers-stock {
		t.Errorf("granted %d, refused %d", granted.Load(), refused.Load())
	}
	ids.Range(func(id, i any) bool {
		if n := b.number("SELECT COUNT(*) FROM holds WHERE id = ? AND idempotency_key = ?", id, b.key(i.(int))); n != 1 {
			t.Errorf("hold %d does not carry the key of the request that was told of it", id)
		}
		return true
	})
	b.checkSums(product)
	if b.see.largest() < 2 {
		t.Error("no two requests shared a transaction: that is not group commit")
	}
}

func TestAWholePurchase(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(3)
	hold := b.mustSubmit(product, decide.CreateHold{Qty: 2, Key: b.key(0)})
	again := b.mustSubmit(product, decide.CreateHold{Qty: 2, Key: b.key(0)})
	if again.HoldID != hold.HoldID || !again.Replayed || !again.ExpiresAt.Equal(hold.ExpiresAt) {
		t.Errorf("replay %+v of %+v", again, hold)
	}
	order := b.mustSubmit(product, decide.CreateOrder{HoldID: hold.HoldID, Key: b.key(0)})
	if order.OrderID == 0 || order.TotalPrice != 200 || order.Qty != 2 {
		t.Errorf("order %+v", order)
	}
	if a := b.mustSubmit(product, decide.CreateOrder{HoldID: hold.HoldID, Key: b.key(1)}); a.Refusal != api.ProblemHoldAlreadyUsed || a.OrderID != order.OrderID {
		t.Errorf("second order %+v", a)
	}
	pay := decide.ApplyPayment{OrderID: order.OrderID, HoldID: hold.HoldID, Payment: api.PaymentSuccess, Key: b.key(0), RawPayload: `{"a": 1}`}
	if a := b.mustSubmit(product, pay); a.Outcome != api.OutcomePaid || a.OrderStatus != api.OrderPaid || a.Replayed {
		t.Errorf("payment %+v", a)
	}
	if a := b.mustSubmit(product, pay); a.Outcome != api.OutcomePaid || !a.Replayed {
		t.Errorf("second delivery %+v", a)
	}
	if n := b.number("SELECT COUNT(*) FROM payment_events WHERE order_id = ?", order.OrderID); n != 1 {
		t.Errorf("%d events", n)
	}
	b.checkSums(product)
}

func TestKeysAreBytes(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	seen := map[int64]string{}
	for _, k := range []string{"evt_A", "evt_a", "évt_A", "evt_A ", "evt_A\x00", " evt_A"} {
		a := b.mustSubmit(product, decide.CreateHold{Qty: 1, Key: b.keys + k})
		if other, twice := seen[a.HoldID]; twice {
			t.Errorf("keys %q and %q are taken for one", k, other)
		}
		seen[a.HoldID] = k
	}
}

// NOW() inside a locking SELECT is the time before the wait. A hold decided after a long wait must last
// its full time from the decision, and one that lapsed during the wait must be found lapsed.
func TestTimeIsReadAfterTheLock(t *testing.T) {
	const wait = 700 * time.Millisecond
	b := newBench(t, "", func(c *Config) { c.HoldTTL = wait / 2 })
	product := b.product(1)
	first := b.mustSubmit(product, decide.CreateHold{Qty: 1})
	release := b.lock(product)
	answered := make(chan decide.Answer, 1)
	go func() { answered <- b.mustSubmit(product, decide.CreateHold{Qty: 1}) }()
	eventually(t, "the first hold lapses while the second waits for the lock", func() bool {
		return b.number("SELECT expires_at < UTC_TIMESTAMP(6) FROM holds WHERE id = ?", first.HoldID) == 1
	})
	release()
	second := <-answered
	if second.Refusal != "" {
		t.Fatalf("the clock was read before the wait: %+v", second)
	}
	if n := b.number("SELECT COUNT(*) FROM holds h JOIN holds f ON f.id = ? WHERE h.id = ? AND h.created_at >= f.expires_at AND f.status = 'expired'",
		first.HoldID, second.HoldID); n != 1 {
		t.Error("the second hold was decided at a time before the first had lapsed")
	}
	b.checkSums(product)
}

func TestLapsesMetByDecisions(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(1200)
	var holds []int64
	for range 3 {
		holds = append(holds, b.mustSubmit(product, decide.CreateHold{Qty: 400}).HoldID)
	}
	paidLate := b.mustSubmit(product, decide.CreateOrder{HoldID: holds[0]})
	lapse := func(id int64) {
		b.exec("UPDATE holds SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ?", id)
	}
	lapse(holds[0])
	lapse(holds[1])
	if a := b.mustSubmit(product, decide.CreateOrder{HoldID: holds[1]}); a.Refusal != api.ProblemHoldExpired {
		t.Errorf("order of a lapsed hold: %+v", a)
	}
	if a := b.mustSubmit(product, decide.ApplyPayment{OrderID: paidLate.OrderID, HoldID: holds[0], Payment: api.PaymentSuccess, Key: b.key(0), RawPayload: "{}"}); a.Outcome != api.OutcomePaid {
		t.Errorf("late payment with stock left: %+v", a)
	}
	b.checkSums(product)
	lapse(holds[2])
	if a := b.mustSubmit(product, decide.CreateHold{Qty: 800}); a.Refusal != "" {
		t.Errorf("hold over lapsed stock: %+v", a)
	}
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ? AND status = 'expired'", product); n != 2 {
		t.Errorf("%d expired holds, want 2", n)
	}
	b.checkSums(product)
}

func TestManyLapsedHoldsAreReleasedInChunks(t *testing.T) {
	b := newBench(t, "", nil)
	const n = 2*lapsedChunk + 100
	product := b.product(n)
	together(n, func(int) { b.mustSubmit(product, decide.CreateHold{Qty: 1}) })
	b.exec("UPDATE holds SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE product_id = ?", product)
	if a := b.mustSubmit(product, decide.CreateHold{Qty: 3}); a.Refusal != "" {
		t.Fatalf("%+v", a)
	}
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ? AND status = 'expired'", product); n != 3 {
		t.Errorf("%d holds were released for 3 units", n)
	}
	if a := b.mustSubmit(product, decide.CreateHold{Qty: n}); a.Refusal != api.ProblemNotEnoughStock || a.Available != n-3 {
		t.Errorf("%+v, want %d available", a, n-3)
	}
	if a := b.mustSubmit(product, decide.CreateHold{Qty: n - 3}); a.Refusal != "" {
		t.Errorf("%+v", a)
	}
	b.checkSums(product)
}

// Two transactions of two products that insert the same keys: one wins each key, nobody hangs.
func TestDuplicateKeysAcrossProducts(t *testing.T) {
	b := newBench(t, "", nil)
	const keys = 200
	products := []int64{b.product(10 * keys), b.product(10 * keys)}
	var mu sync.Mutex
	granted := map[string][]int64{}
	together(4*keys, func(i int) {
		k := b.key(i % keys)
		if i >= 2*keys { // the other way round, so that unsorted inserts would cross
			k = b.key(keys - 1 - i%keys)
		}
		a, err := b.Submit(products[i/keys%2], decide.CreateHold{Qty: 1, Key: k})
		if err != nil {
			t.Errorf("%s: %v", k, err)
			return
		}
		if a.Refusal == "" {
			mu.Lock()
			granted[k] = append(granted[k], a.HoldID)
			mu.Unlock()
		} else if a.Refusal != api.ProblemKeyReused {
			t.Errorf("%s: %s", k, a.Refusal)
		}
	})
	for k, ids := range granted {
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("key %s made holds %v", k, ids)
			}
		}
	}
	if len(granted) != keys {
		t.Errorf("%d keys were granted, want %d", len(granted), keys)
	}
	if n := b.see.count("deadlock"); n > 0 {
		t.Errorf("%d deadlocks: keys are not inserted in one order", n)
	}
	b.checkSums(products[0])
	b.checkSums(products[1])
}

// A command that the database refuses gets its error, and the others of its batch their answers.
func TestPoisonIsAlone(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(1000)
	b.exec(fmt.Sprintf(`CREATE TRIGGER poison BEFORE INSERT ON holds FOR EACH ROW
		IF NEW.qty = 13 AND NEW.product_id = %d THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF`, product))
	defer b.exec("DROP TRIGGER poison")
	var poisoned atomic.Int64
	together(60, func(i int) {
		qty := int64(1)
		if i%20 == 7 {
			qty = 13
		}
		a, err := b.Submit(product, decide.CreateHold{Qty: qty})
		switch {
		case qty == 13 && errors.Is(err, ErrPoisoned):
			poisoned.Add(1)
		case qty == 13 || err != nil || a.Refusal != "":
			t.Errorf("qty %d: %+v, %v", qty, a, err)
		}
	})
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 57 || poisoned.Load() != 3 {
		t.Errorf("%d holds and %d poisoned, want 57 and 3", n, poisoned.Load())
	}
	b.checkSums(product)
}

func TestALockTimeOutKeepsNothingAndIsTriedAgain(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(5)
	release := b.lock(product)
	answered := make(chan decide.Answer, 1)
	go func() { answered <- b.mustSubmit(product, decide.CreateHold{Qty: 1}) }()
	eventually(t, "a lock time-out", func() bool { return b.see.count("lock wait timeout") > 0 })
	release()
	if a := <-answered; a.Refusal != "" {
		t.Errorf("%+v", a)
	}
	b.checkSums(product)
}

func TestPatienceAndQueueAreBounded(t *testing.T) {
	b := newBench(t, "", func(c *Config) { c.RequestTimeout = 300 * time.Millisecond; c.QueueMax = 3 })
	product := b.product(5)
	release := b.lock(product)
	results := make(chan error, 4)
	go func() { _, err := b.Submit(product, decide.CreateHold{Qty: 1}); results <- err }()
	eventually(t, "the first command starts", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		at := b.lanes[product]
		return at != nil && at.begun == 1
	})
	for range 2 {
		go func() { _, err := b.Submit(product, decide.CreateHold{Qty: 1}); results <- err }()
	}
	eventually(t, "two more wait", func() bool { return b.queued.Load() == 3 })
	if _, err := b.Submit(product, decide.CreateHold{Qty: 1}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("a fourth command in a queue of three: %v", err)
	}
	for range 3 {
		if err := <-results; !errors.Is(err, ErrOverloaded) {
			t.Errorf("a command that never committed is told %v", err)
		}
	}
	release()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 0 {
		t.Errorf("%d refused commands ran late", n)
	}
}

// Replicas know nothing of each other; the lock is in the database.
func TestTwoReplicas(t *testing.T) {
	replicas := []*bench{newBench(t, "", nil), newBench(t, "", nil)}
	b := replicas[0]
	const stock = 50
	product := b.product(stock)
	var granted atomic.Int64
	together(300, func(i int) {
		// Every request goes to both replicas with the same key: a client that retries elsewhere.
		first, err1 := replicas[i%2].Submit(product, decide.CreateHold{Qty: 1, Key: b.key(i)})
		second, err2 := replicas[1-i%2].Submit(product, decide.CreateHold{Qty: 1, Key: b.key(i)})
		switch {
		case err1 != nil || err2 != nil:
			t.Error(err1, err2)
		case first.Refusal == "" && (first.HoldID != second.HoldID || !second.Replayed):
			t.Errorf("%+v, then %+v", first, second)
		case second.Refusal == "":
			granted.Add(1)
		}
	})
	if granted.Load() != stock {
		t.Errorf("granted %d of %d", granted.Load(), stock)
	}
	b.checkSums(product)
}

func TestUnknownProductsLeaveNoLane(t *testing.T) {
	b := newBench(t, "", nil)
	together(100, func(i int) {
		if a := b.mustSubmit(1<<40+int64(i), decide.CreateHold{Qty: 1}); a.Refusal != api.ProblemNotFound {
			t.Errorf("%+v", a)
		}
	})
	eventually(t, "no lane is left", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.lanes) == 0
	})
}
