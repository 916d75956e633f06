package strawman

import (
	"context"
	"fmt"
	"sync"
	"time"

	"flashsale/internal/api"
)

// product is a product as one statement saw it, with the database's time at that moment.
type product struct {
	api.Product
	now time.Time
}

func (p *product) fields() []any { return []any{&p.now, &p.Name, &p.Price, &p.AvailableStock} }

// readProduct reads a product that the transaction has locked.
func (t *txn) readProduct(st *statements, id int64) (product, error) {
	p := product{Product: api.Product{ID: id}}
	if err := t.row(st.readProduct, id, id).Scan(p.fields()...); err != nil {
		return p, fmt.Errorf("reading product: %w", err)
	}
	return p, nil
}

// getProduct answers GET /api/products/{id}, in one statement: two would show stock that never was.
func (s *shop) getProduct(ctx context.Context, id int64) (answer, error) {
	if !s.guards.freshReads {
		if seen, fresh := s.shelf.get(id, time.Now()); fresh {
			return ok(seen), nil
		}
	}
	p := product{Product: api.Product{ID: id}}
	found, err := query(ctx, s.st.readProduct, []any{id, id}, p.fields()...)
	if err != nil || !found {
		return refusal(api.ProblemNotFound, fmt.Sprintf("no product %d", id)), err
	}
	if !s.guards.freshReads {
		s.shelf.put(p.Product, time.Now())
	}
	return ok(p.Product), nil
}

// getHold answers GET /api/holds/{id}.
func (s *shop) getHold(ctx context.Context, id int64) (answer, error) {
	h := api.Hold{HoldID: id}
	found, err := query(ctx, s.st.readHold, []any{id}, &h.ProductID, &h.Qty, &h.Status, &h.ExpiresAt)
	if err != nil || !found {
		return refusal(api.ProblemNotFound, fmt.Sprintf("no hold %d", id)), err
	}
	return ok(h), nil
}

// getOrder answers GET /api/orders/{id}.
func (s *shop) getOrder(ctx context.Context, id int64) (answer, error) {
	o := api.Order{OrderID: id}
	found, err := query(ctx, s.st.readOrder, []any{id}, &o.ProductID, &o.HoldID, &o.Qty, &o.TotalPrice, &o.Status)
	if err != nil || !found {
		return refusal(api.ProblemNotFound, fmt.Sprintf("no order %d", id)), err
	}
	return ok(o), nil
}

const (
	shelfLife = time.Second
	shelfMax  = 10_000 // products
)

// shelf is the cache of availabilities that the guard fresh-reads keeps away.
type shelf struct {
	mu   sync.Mutex
	seen map[int64]shelved
}

type shelved struct {
	product api.Product
	at      time.Time
}

func (s *shelf) get(id int64, now time.Time) (p api.Product, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.seen[id]
	return kept.product, ok && now.Sub(kept.at) < shelfLife
}

func (s *shelf) put(p api.Product, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil || len(s.seen) >= shelfMax {
		s.seen = map[int64]shelved{}
	}
	s.seen[p.ID] = shelved{p, now}
}
