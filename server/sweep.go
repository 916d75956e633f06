package server

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"flashsale/server/internal/decide"
)

// Bounds of a sweep: holds found by one look, released by one command, and products at a time.
const (
	sweepLookMax     = 5000
	sweepCommandMax  = 250
	sweepProductsMax = 64
)

// releaseWaitMin is the least time that a release gets, however short the interval is.
const releaseWaitMin = 500 * time.Millisecond

// sweep returns lapsed holds to sale, every interval until ctx ends. It finds them without locks and
// releases them through the ledger like any other command, which decides again under the product's lock;
// so it may run in every replica, needs no leader, and may die at any moment.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.SweepInterval)
	defer ticker.Stop()
	for {
		for {
			found, err := s.sweepOnce(ctx)
			if err != nil && ctx.Err() == nil {
				s.cfg.Logger.Warn("a sweep failed", "error", err)
			}
			if err != nil || found < sweepLookMax {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// sweepOnce releases the oldest lapsed holds and says how many it found. It waits about one interval for each
// release and no longer, so that a product whose lock is stuck does not keep the others from being swept.
func (s *Server) sweepOnce(ctx context.Context) (found int, err error) {
	lapsed, found, err := s.findLapsed(ctx)
	if err != nil {
		return 0, err
	}
	wait := min(max(s.cfg.SweepInterval, releaseWaitMin), s.cfg.RequestTimeout)
	var releases errgroup.Group
	releases.SetLimit(sweepProductsMax)
	for productID, ids := range lapsed {
		releases.Go(func() error {
			for len(ids) > 0 {
				n := min(len(ids), sweepCommandMax)
				_, err := s.ledger.SubmitBy(time.Now().Add(wait), productID, decide.Release{HoldIDs: ids[:n]})
				if err != nil {
					return fmt.Errorf("release holds of product %d: %w", productID, err)
				}
				ids = ids[n:]
			}
			return nil
		})
	}
	err = releases.Wait()
	s.metrics.swept(found)
	return found, err
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

func (s *Server) findLapsed(ctx context.Context) (byProduct map[int64][]int64, found int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, selectLapsed, sweepLookMax, sweepLookMax, sweepLookMax)
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
