package ledger

import (
	"errors"
	"testing"
	"time"

	"flashsale/server/internal/decide"
)

// Behind a transaction that does not get on, a lane fills up and refuses new holds at once; those it has taken are
// all served when the way is free, and so is everybody who comes then.
func TestAStuckLaneRefusesAtOnceAndHeals(t *testing.T) {
	b := newBench(t, "", func(c *Config) { c.BatchMax, c.RequestTimeout = 4, 4*time.Second })
	product := b.product(1 << 20)
	free := b.lock(product)
	results := make(chan error, 1<<14)
	accepted := int64(0)
	eventually(t, "a hold is refused while those before it wait", func() bool {
		if len(results) > 0 {
			return true
		}
		accepted++
		go func() {
			_, err := b.Submit(product, decide.CreateHold{Qty: 1})
			results <- err
		}()
		return false
	})
	if err := <-results; !errors.Is(err, ErrOverloaded) {
		t.Fatalf("the first answer behind a stuck transaction: %v", err)
	}
	free()
	granted := int64(0)
	for range accepted - 1 {
		switch err := <-results; {
		case err == nil:
			granted++
		case !errors.Is(err, ErrOverloaded):
			t.Error(err)
		}
	}
	if granted < int64(b.BatchMax) {
		t.Errorf("%d of those who waited were served", granted)
	}
	b.mustSubmit(product, decide.CreateHold{Qty: 1})
	if rows := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); rows != granted+1 {
		t.Errorf("%d holds were granted, the database has %d", granted+1, rows)
	}
	b.checkSums(product)
}
