package strawman

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sweepChunk bounds how many holds one transaction of the sweep expires: it has the product locked meanwhile.
const sweepChunk = 500

// sweepEvery marks lapsed holds expired at every interval until ctx ends. A sweep that fails is made good by the next.
func (s *shop) sweepEvery(ctx context.Context, interval time.Duration) {
	if !s.guards.sweeper {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the sweep failed", "error", err)
		}
	}
}

// sweep expires every hold that has lapsed by now. One product's trouble does not keep the others waiting.
func (s *shop) sweep(ctx context.Context) error {
	products, err := s.lapsedProducts(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range products {
		if err := s.sweepProduct(ctx, id); err != nil {
			failed = append(failed, fmt.Errorf("sweeping product %d: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// lapsedProducts finds, without locks, the products that have something to sweep.
func (s *shop) lapsedProducts(ctx context.Context) ([]int64, error) {
	rows, err := s.st.lapsedProducts.QueryContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for lapsed holds: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("looking for lapsed holds: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// sweepProduct expires a product's lapsed holds, a chunk to a transaction.
func (s *shop) sweepProduct(ctx context.Context, id int64) error {
	for {
		var found int
		_, err := s.transact(ctx, func(t *txn) (answer, error) {
			var err error
			found, err = s.expireChunk(t, id)
			return answer{}, err
		})
		if err != nil || found < sweepChunk {
			return err
		}
	}
}

// expireChunk locks the product like everybody who decides about its stock. The time is read before the holds' own
// locks, which does no harm here: only an order can be holding one of them. Either it came in time, so before this
// moment, and leaves a hold that lapses as well; or it marks the hold expired itself, where that needs no product lock.
func (s *shop) expireChunk(t *txn, productID int64) (found int, err error) {
	if _, err := t.lockProduct(s.st, productID); err != nil {
		return 0, err
	}
	chunk, err := s.lapsedHolds(t, productID)
	if err != nil || len(chunk.ids) == 0 {
		return 0, err
	}
	args := append([]any{chunk.now}, chunk.ids...)
	if _, err := t.ExecContext(t.ctx, expireHoldsSQL(s.guards, len(chunk.ids)), args...); err != nil {
		return 0, fmt.Errorf("expiring holds: %w", err)
	}
	return len(chunk.ids), s.reserved.settle(t, productID, 0, chunk.qty, chunk.now)
}

// lapsedChunk is some of a product's lapsed holds.
type lapsedChunk struct {
	now time.Time // when they had lapsed
	ids []any
	qty int64 // units that they had reserved
}

// lapsedHolds finds the next chunk.
func (s *shop) lapsedHolds(t *txn, productID int64) (chunk lapsedChunk, err error) {
	rows, err := t.StmtContext(t.ctx, s.st.lapsedHolds).QueryContext(t.ctx, productID, sweepChunk)
	if err != nil {
		return chunk, fmt.Errorf("finding lapsed holds: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, qty int64
		if err := rows.Scan(&chunk.now, &id, &qty); err != nil {
			return chunk, fmt.Errorf("finding lapsed holds: %w", err)
		}
		chunk.ids = append(chunk.ids, id)
		chunk.qty += qty
	}
	return chunk, rows.Err()
}
