package ledger

import (
	"testing"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// A recovery may leave the row of a product as nobody has written it. Whatever comes first, sees what is held.
func TestARowFromBeforeTheDatabasesStartIsAudited(t *testing.T) {
	const total, held = 10, 6
	for _, c := range []struct {
		name      string
		damage    int64 // what the row says is held
		command   decide.Command
		refusal   string
		wantHeld  int64
		corrected int64
	}{
		{"too little held", held - 5, decide.CreateHold{Qty: total - held + 1}, api.ProblemNotEnoughStock, held, 1},
		{"too much held", total, decide.CreateHold{Qty: total - held}, "", total, 1},
		{"undamaged", held, decide.CreateHold{Qty: 1}, "", held + 1, 0},
		{"nobody waits any more", 0, decide.Release{}, "", held, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, "", nil)
			product := b.product(total)
			b.mustSubmit(product, decide.CreateHold{Qty: held})
			b.exec("UPDATE products SET stock_held = ?, updated_at = '2001-01-01' WHERE id = ?", c.damage, product)
			if a := b.mustSubmit(product, c.command); a.Refusal != c.refusal {
				t.Errorf("refused with %q, want %q", a.Refusal, c.refusal)
			}
			b.checkSums(product)
			if got := b.number("SELECT stock_held FROM products WHERE id = ?", product); got != c.wantHeld {
				t.Errorf("%d are held, want %d", got, c.wantHeld)
			}
			if got := b.see.corrected.Load(); got != c.corrected {
				t.Errorf("%d corrections were counted, want %d", got, c.corrected)
			}
			if since := b.number("SELECT updated_at > '2001-01-01' FROM products WHERE id = ?", product); since != 1 {
				t.Error("the row was not stamped: every batch will audit it again")
			}
		})
	}
}

// What the schema does not let us write is not written, and those who want nothing written have their answers.
func TestACorrectionThatDoesNotFit(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	first := decide.CreateHold{Qty: 6, Key: b.key(1)}
	granted := b.mustSubmit(product, first)
	b.exec("UPDATE products SET stock_total = 5, stock_held = 0, updated_at = '2001-01-01' WHERE id = ?", product)
	if a := b.mustSubmit(product, decide.CreateHold{Qty: 1}); a.Refusal != api.ProblemNotEnoughStock {
		t.Errorf("refused with %q", a.Refusal)
	}
	if a := b.mustSubmit(product, first); a.HoldID != granted.HoldID || !a.Replayed {
		t.Errorf("%+v, want hold %d again", a, granted.HoldID)
	}
	if got := b.see.corrected.Load(); got != 0 {
		t.Errorf("%d corrections were counted, of none", got)
	}
}

// Summing up a product's holds under its lock is for the first batch alone.
func TestARowSinceTheDatabasesStartIsTrusted(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	b.exec("UPDATE products SET stock_held = 4, updated_at = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE WHERE id = ?", product)
	if a := b.mustSubmit(product, decide.CreateHold{Qty: 7}); a.Refusal != api.ProblemNotEnoughStock {
		t.Errorf("refused with %q: the row was not taken at its word", a.Refusal)
	}
	if got := b.see.corrected.Load(); got != 0 {
		t.Errorf("%d corrections", got)
	}
}
