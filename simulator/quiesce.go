package simulator

import (
	"context"
	"slices"
	"sync"
	"time"

	"flashsale/internal/evidence"
)

// Figures of a run's end.
const (
	lapsePoll        = 50 * time.Millisecond  // between two looks at the database's clock
	lapseSlack       = 100 * time.Millisecond // beyond two sweeps, for the last sweep to commit
	finalWorkers     = 16
	finalReadsMax    = 5 // attempts at each final read
	finalReadBackoff = 100 * time.Millisecond
)

// lapse waits until every hold that anybody was granted has lapsed and been swept: the database's
// clock has passed the last expires_at by two sweeps. Holds whose answer was lost may have been
// granted until the server's own time-out, and lapse their time to live after that.
func (s *storm) lapse(ctx context.Context) bool {
	server := s.cfg.Scenario.Server
	rest := 2*server.SweepInterval + lapseSlack
	expiresMax, lastGrant, lastUnanswered := s.tally.lapses()
	until := time.Duration(0)
	if lastUnanswered > 0 {
		until = lastUnanswered + server.RequestTimeout + server.HoldTTL + rest
	}
	if s.cfg.Clock == nil && lastGrant > 0 {
		until = max(until, lastGrant+server.HoldTTL+rest)
	}
	tick := time.NewTicker(lapsePoll)
	defer tick.Stop()
	for {
		if s.client.now() >= until && (s.cfg.Clock == nil || s.databasePast(ctx, expiresMax+rest.Microseconds())) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func (s *storm) databasePast(ctx context.Context, micros int64) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	now, err := s.cfg.Clock.Now(ctx)
	return err == nil && now >= micros
}

// final reads every product, and the sampled holds and orders, once everything rests.
func (s *storm) final(ctx context.Context) {
	reads := make(chan *request)
	var readers sync.WaitGroup
	for range finalWorkers {
		readers.Go(func() {
			for r := range reads {
				s.readFinal(ctx, r)
			}
		})
	}
	defer readers.Wait()
	defer close(reads)
	for _, r := range s.finalReads() {
		select {
		case reads <- r:
		case <-ctx.Done():
			return
		}
	}
}

func (s *storm) finalReads() []*request {
	var reads []*request
	add := func(op evidence.Operation) {
		op.Phase = evidence.PhaseFinal
		reads = append(reads, &request{op: op, timeout: s.cfg.Scenario.Buyers.Timeout})
	}
	for _, id := range s.cfg.ProductIDs {
		add(evidence.Operation{Kind: evidence.ReadProduct, ProductID: id})
	}
	s.tally.mu.Lock()
	holds, orders := slices.Clone(s.tally.holds.ids), slices.Clone(s.tally.orders.ids)
	s.tally.mu.Unlock()
	for _, id := range holds {
		add(evidence.Operation{Kind: evidence.ReadHold, HoldID: id})
	}
	for _, id := range orders {
		add(evidence.Operation{Kind: evidence.ReadOrder, OrderID: id})
	}
	return reads
}

// readFinal insists on an answer, within bounds.
func (s *storm) readFinal(ctx context.Context, r *request) {
	for range finalReadsMax {
		if ctx.Err() != nil || !unanswered(r.attempt(s.client, s.client.now())) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(finalReadBackoff):
		}
	}
}
