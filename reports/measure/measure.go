// Package measure reads a run's evidence once and keeps what people want to see of it: counts and latencies of
// every kind of operation, how they went over time, what became of the stock, and how often a payment was delivered
// and took effect. Nothing here decides anything. Memory does not grow with the number of operations: time is cut
// into a bounded number of slots, and the slots widen as the run goes on. Only the table of idempotency keys grows,
// by 16 bytes a key.
package measure

import (
	"errors"
	"time"

	"flashsale/internal/evidence"
)

// Stats are the figures shown beside the verdict. None of them decides anything.
type Stats struct {
	Kinds      []KindStats // kinds that occurred, in the order of a purchase
	Flow       Flow        // answers over time, of every kind together
	Stock      *Stock      // nil if the run has no final tables
	Sale       *Sale       // nil if the run has no final tables, or nothing was held
	Deliveries Deliveries  // of payments
}

// Stock sums the final products.
type Stock struct {
	Products    int
	Sold, Total int64
}

// Run streams a run's operations once and reads its final tables. Damaged or missing evidence is an error; the
// figures that come with it are those that could be had, and still worth showing beside the verdict that tells of
// the same trouble.
func Run(runDir string, run *evidence.Run) (Stats, error) {
	kinds, flow, keys := make(tally), newFlow(), make(keyCounts)
	err := evidence.ReadOperations(runDir, run.ID, func(batch []evidence.Operation) error {
		for i := range batch {
			op := &batch[i]
			if op.Phase != evidence.PhaseStorm {
				continue
			}
			kinds.add(op)
			flow.add(op)
			keys.deliver(op)
		}
		return nil
	})
	stats := Stats{Kinds: kinds.stats(), Flow: flow.stats()}
	tablesErr := stats.addTables(runDir, run, keys)
	stats.Deliveries = keys.stats(stats.Stock != nil)
	return stats, errors.Join(err, tablesErr)
}

// addTables adds what the final tables tell, if the run took them.
func (s *Stats) addTables(runDir string, run *evidence.Run, keys keyCounts) error {
	if run.Declared.FinalTables == nil {
		return nil
	}
	tables, err := evidence.ReadTables(runDir, evidence.Final, run.ID)
	if err != nil {
		return err
	}
	s.Stock = &Stock{Products: len(tables.Products)}
	for _, product := range tables.Products {
		s.Stock.Sold += product.StockSold
		s.Stock.Total += product.StockTotal
	}
	for i := range tables.Events {
		keys.effect(tables.Events[i].Key)
	}
	s.Sale = saleOf(tables, NewClock(run.Probes), time.Duration(run.ElapsedNS))
	return nil
}
