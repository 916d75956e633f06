package server

import (
	"errors"
	"testing"
)

// A total must not leave BIGINT, whatever the quantity.
func TestPricesAreBounded(t *testing.T) {
	s := open(t, nil)
	if _, err := AddProduct(t.Context(), s.db, "Palace", priceMax+1, 1); err == nil {
		t.Error("a price over the bound is accepted")
	}
	id, err := AddProduct(t.Context(), s.db, "Palace", priceMax, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if order := s.order(s.hold(id, 1000).HoldID); order.TotalPrice != 1000*priceMax {
		t.Errorf("total %d", order.TotalPrice)
	}
}

// A restock that waited for the product's lock must not date the row back to before the wait.
func TestARestockDoesNotTurnTimeBack(t *testing.T) {
	s := open(t, nil)
	id := s.product(1)
	if _, err := s.db.Exec("UPDATE products SET updated_at = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE WHERE id = ?", id); err != nil {
		t.Fatal(err)
	}
	if err := Restock(t.Context(), s.db, id, 1); err != nil {
		t.Fatal(err)
	}
	var kept bool
	if err := s.db.QueryRow("SELECT updated_at > UTC_TIMESTAMP(6) FROM products WHERE id = ?", id).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if n := s.available(id); n != 2 || !kept {
		t.Errorf("%d available, time kept %v", n, kept)
	}
}

// A restock makes the row look written by those who count. So it counts.
func TestARestockCountsWhatIsHeld(t *testing.T) {
	s := open(t, nil)
	id := s.product(3)
	s.hold(id, 2)
	if _, err := s.db.Exec("UPDATE products SET stock_held = 0, updated_at = '2001-01-01' WHERE id = ?", id); err != nil {
		t.Fatal(err)
	}
	if err := Restock(t.Context(), s.db, id, 1); err != nil {
		t.Fatal(err)
	}
	if n := s.available(id); n != 2 {
		t.Errorf("%d available, want 2", n)
	}
	if err := Restock(t.Context(), s.db, 1<<40, 1); !errors.Is(err, ErrNoProduct) {
		t.Errorf("a product that is none: %v", err)
	}
}
