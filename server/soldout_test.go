package server

import (
	"fmt"
	"testing"

	"flashsale/internal/api"
)

// Who comes after the last unit is told so without the product's lock, and at once when there is stock again without
// having to be refused first; whoever repeats a request that was granted gets his hold.
func TestSoldOutNeedsNoLock(t *testing.T) {
	s := open(t, nil)
	id := s.product(3)
	granted := decode[api.HoldCreated](t, s.post(api.PathHolds, holdOf(id, 3), api.HeaderIdempotencyKey, s.keys+"first"), 201)
	refused := func(headers ...string) {
		t.Helper()
		p := s.wantProblem(s.post(api.PathHolds, holdOf(id, 2), headers...), 409, api.ProblemNotEnoughStock)
		if p.AvailableStock == nil || *p.AvailableStock != 0 {
			t.Errorf("refused with %v available", p.AvailableStock)
		}
	}
	refused() // by a transaction, which tells the rest that stock is short

	locked, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Rollback()
	if _, err := locked.Exec("SELECT id FROM products WHERE id = ? FOR UPDATE", id); err != nil {
		t.Fatal(err)
	}
	refused()
	refused(api.HeaderIdempotencyKey, s.keys+"late")
	if err := locked.Rollback(); err != nil {
		t.Fatal(err)
	}

	again := s.post(api.PathHolds, holdOf(id, 3), api.HeaderIdempotencyKey, s.keys+"first")
	if replayed := decode[api.HoldCreated](t, again, 201); replayed.HoldID != granted.HoldID {
		t.Errorf("the first request got hold %d, its repetition %d", granted.HoldID, replayed.HoldID)
	}
	s.wantProblem(s.post(api.PathHolds, holdOf(id, 2), api.HeaderIdempotencyKey, s.keys+"first"), 422, api.ProblemKeyReused)
	if err := Restock(t.Context(), s.db, id, 2); err != nil {
		t.Fatal(err)
	}
	s.hold(id, 2)
}

func holdOf(product, qty int64) string {
	return fmt.Sprintf(`{"product_id":%d,"qty":%d}`, product, qty)
}
