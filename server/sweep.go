package server

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"flashsale/server/internal/decide"
	"flashsale/server/internal/ledger"
)

// Bounds of a sweep: holds found by one look, released by one command, and products at a time.
const (
	sweepLookMax     = 5000
	sweepCommandMax  = 250
	sweepProductsMax = 256
)

// sweeper returns lapsed holds to sale. It finds them without locks and releases them through the ledger
// like any other command, which decides again under the product's lock; so it may run in every replica,
// needs no leader, and may die at any moment. Each product is released by itself and nobody waits for all:
// one whose lock is stuck must not keep the others from being swept.
type sweeper struct {
	cfg       Config
	db        *sql.DB
	ledger    *ledger.Ledger
	metrics   *metrics
	mu        sync.Mutex
	releasing map[int64]bool // products with a release in flight
	releases  sync.WaitGroup
}

// sweep looks every interval until ctx ends; and at once when a look found as many holds as it may and they
// are released, because there are more.
func (w *sweeper) sweep(ctx context.Context) {
	defer w.releases.Wait()
	ticker := time.NewTicker(w.cfg.SweepInterval)
	defer ticker.Stop()
	for {
		more, err := w.look(ctx)
		if err != nil && ctx.Err() == nil {
			w.cfg.Logger.Warn("a sweep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-more:
		}
	}
}

// look finds the oldest lapsed holds and starts their release. more is nil unless there may be more of
// them than it could find; then it is closed when all that it has started is released.
func (w *sweeper) look(ctx context.Context) (more <-chan struct{}, err error) {
	lapsed, found, err := w.findLapsed(ctx)
	if err != nil {
		return nil, err
	}
	var started sync.WaitGroup
	for productID, ids := range lapsed {
		if w.begin(productID) {
			started.Add(1)
			w.releases.Go(func() {
				defer started.Done()
				defer w.end(productID)
				w.release(ctx, productID, ids)
			})
		}
	}
	if found < sweepLookMax {
		return nil, nil
	}
	done := make(chan struct{})
	w.releases.Go(func() { started.Wait(); close(done) })
	return done, nil
}

// begin claims a product, unless a release of it is in flight or too many are.
func (w *sweeper) begin(productID int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.releasing[productID] || len(w.releasing) >= sweepProductsMax {
		return false
	}
	w.releasing[productID] = true
	return true
}

func (w *sweeper) end(productID int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.releasing, productID)
}

func (w *sweeper) release(ctx context.Context, productID int64, ids []int64) {
	for len(ids) > 0 && ctx.Err() == nil {
		n := min(len(ids), sweepCommandMax)
		if _, err := w.ledger.Submit(productID, decide.Release{HoldIDs: ids[:n]}); err != nil {
			w.cfg.Logger.Warn("lapsed holds are not released", "product", productID, "holds", len(ids), "error", err)
			return
		}
		w.metrics.swept(n)
		ids = ids[n:]
	}
}

// selectLapsed reads each status by itself, because only so the index has them in order: over both at once
// the database would read and sort all that have lapsed, for every look.
const selectLapsed = `SELECT id, product_id FROM (
	(SELECT id, product_id, expires_at FROM holds FORCE INDEX (holds_lapse)
		WHERE status = 'active' AND expires_at <= UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?)
	UNION ALL
	(SELECT id, product_id, expires_at FROM holds FORCE INDEX (holds_lapse)
		WHERE status = 'used' AND expires_at <= UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?)
	) AS lapsed ORDER BY expires_at LIMIT ?`

func (w *sweeper) findLapsed(ctx context.Context) (byProduct map[int64][]int64, found int, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.RequestTimeout)
	defer cancel()
	rows, err := w.db.QueryContext(ctx, selectLapsed, sweepLookMax, sweepLookMax, sweepLookMax)
	if err != nil {
		return nil, 0, fmt.Errorf("find lapsed holds: %w", err)
	}
	defer rows.Close()
	byProduct = map[int64][]int64{}
	for rows.Next() {
		var id, productID int64
		if err := rows.Scan(&id, &productID); err != nil {
			return nil, 0, fmt.Errorf("find lapsed holds: %w", err)
		}
		byProduct[productID] = append(byProduct[productID], id)
		found++
	}
	return byProduct, found, rows.Err()
}
