package ledger

import (
	"sync/atomic"
	"testing"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// A server that knows nothing of a key takes it for new; the database knows better. Whoever shares the batch with
// such a request is served all the same, and the next such request costs nobody a second try.
func TestAKeyFromBeforeARestart(t *testing.T) {
	before, after := newBench(t, "", nil), newBench(t, "", nil)
	product := before.product(1000)
	old := before.mustSubmit(product, decide.CreateHold{Qty: 2, Key: before.key(0)})
	older := before.mustSubmit(product, decide.CreateHold{Qty: 3, Key: before.key(1)})

	release := after.lock(product) // so that all of them are in one batch
	var granted atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(20, func(i int) {
			if i == 0 {
				if a := after.mustSubmit(product, decide.CreateHold{Qty: 2, Key: before.key(0)}); a.HoldID != old.HoldID || !a.Replayed {
					t.Errorf("repeated: %+v, the hold is %d", a, old.HoldID)
				}
			} else if a := after.mustSubmit(product, decide.CreateHold{Qty: 1, Key: after.key(i)}); a.Refusal == "" && !a.Replayed {
				granted.Add(1)
			}
		})
	}()
	eventually(t, "all are waiting", func() bool { return after.Queued() == 20 })
	release()
	<-done
	if granted.Load() != 19 || after.see.count("duplicate key") != 1 {
		t.Errorf("%d of 19 new holds granted, %d collisions", granted.Load(), after.see.count("duplicate key"))
	}
	if a := after.mustSubmit(product, decide.CreateHold{Qty: 3, Key: before.key(1)}); a.HoldID != older.HoldID || !a.Replayed {
		t.Errorf("repeated: %+v, the hold is %d", a, older.HoldID)
	}
	if a := after.mustSubmit(product, decide.CreateHold{Qty: 9, Key: after.key(5)}); a.Refusal != api.ProblemKeyReused {
		t.Errorf("another request under a key of this server's own: %+v", a)
	}
	if n := after.see.count("duplicate key"); n != 1 {
		t.Errorf("%d collisions", n)
	}
	after.checkSums(product)
}

// Where there is not enough for all, every key is looked up: a request that was granted is never told otherwise.
func TestARepeatedKeyIsNotRefused(t *testing.T) {
	before, after := newBench(t, "", nil), newBench(t, "", nil)
	product := before.product(5)
	old := before.mustSubmit(product, decide.CreateHold{Qty: 5, Key: before.key(0)})
	if a := after.mustSubmit(product, decide.CreateHold{Qty: 5, Key: before.key(0)}); a.HoldID != old.HoldID || !a.Replayed {
		t.Errorf("repeated: %+v, the hold is %d", a, old.HoldID)
	}
	if n := after.see.count("duplicate key"); n != 0 {
		t.Errorf("%d collisions", n)
	}
}

func TestOnlyHoldsThatAllFitNeedNoLookUp(t *testing.T) {
	hold := func(qty int64) decide.Command { return decide.CreateHold{Qty: qty, Key: "k"} }
	five := &decide.Product{Total: 10, Sold: 2, Held: 3}
	for name, c := range map[string]struct {
		commands []decide.Command
		product  *decide.Product
		want     bool
	}{
		"all fit":         {[]decide.Command{hold(2), hold(3)}, five, true},
		"one too many":    {[]decide.Command{hold(2), hold(3), hold(1)}, five, false},
		"a payment too":   {[]decide.Command{hold(1), decide.ApplyPayment{}}, five, false},
		"no such product": {[]decide.Command{hold(1)}, nil, false},
	} {
		if got := allFit(c.commands, c.product); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
