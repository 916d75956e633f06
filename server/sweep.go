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

// sweepOnce releases the oldest lapsed holds and says how many it found.
func (s *Server) sweepOnce(ctx context.Context) (found int, err error) {
	lapsed, found, err := s.findLapsed(ctx)
	if err != nil {
		return 0, err
	}
	releases, _ := errgroup.WithContext(ctx)
	releases.SetLimit(sweepProductsMax)
	for productID, ids := range lapsed {
		releases.Go(func() error {
			for len(ids) > 0 {
				n := min(len(ids), sweepCommandMax)
				if _, err := s.ledger.Submit(productID, decide.Release{HoldIDs: ids[:n]}); err != nil {
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

func (s *Server) findLapsed(ctx context.Context) (byProduct map[int64][]int64, found int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, "SELECT id, product_id FROM holds WHERE status IN ('active', 'used')"+
		" AND expires_at <= UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?", sweepLookMax)
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
