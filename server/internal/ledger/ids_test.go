package ledger

import (
	"testing"

	"flashsale/server/internal/decide"
)

// Group replication and other multi-primary set-ups give ids in steps. Whoever is told an id must find the
// own row under it, with a key or without, whatever the order of the insert was.
func TestIdsInSteps(t *testing.T) {
	admin := newBench(t, "", nil)
	admin.exec("SET GLOBAL auto_increment_increment = 7, GLOBAL auto_increment_offset = 3")
	defer admin.exec("SET GLOBAL auto_increment_increment = 1, GLOBAL auto_increment_offset = 1")
	const buyers = 300
	b := newBench(t, "", nil) // its sessions have the new steps
	products := []int64{b.product(10 * buyers), b.product(10 * buyers)}
	together(buyers, func(i int) {
		product, qty, key := products[i%2], int64(i%9+1), ""
		if i%3 > 0 {
			key = b.key(buyers - i)
		}
		h, err := b.Submit(product, decide.CreateHold{Qty: qty, Key: key})
		if err != nil {
			t.Error(err)
			return
		}
		if n := b.number("SELECT COUNT(*) FROM holds WHERE id = ? AND qty = ? AND product_id = ? AND COALESCE(idempotency_key, '') = ?",
			h.HoldID, qty, product, key); n != 1 {
			t.Errorf("hold %d is not that of request %d", h.HoldID, i)
		}
		o, err := b.Submit(product, decide.CreateOrder{HoldID: h.HoldID, Key: key})
		if err != nil {
			t.Error(err)
			return
		}
		if n := b.number("SELECT COUNT(*) FROM orders WHERE id = ? AND hold_id = ?", o.OrderID, h.HoldID); n != 1 {
			t.Errorf("order %d is not that of hold %d", o.OrderID, h.HoldID)
		}
	})
	if b.see.largest() < 2 {
		t.Error("every transaction had one command: nothing was seen of steps")
	}
	b.checkSums(products[0])
	b.checkSums(products[1])
}
