// Package measure reads a run's evidence once and keeps what people want to see of it: counts and latencies of
// every kind of operation, how they went over time, what became of the stock, and how often a payment was delivered
// and took effect. Nothing here decides anything. Memory does not grow with the number of operations: time is cut
// into a bounded number of slots, and the slots widen as the run goes on. Only the table of idempotency keys grows,
// by 16 bytes a key, and, for a run without a commit log, the final tables are read whole.
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
	Sale       *Sale       // nil if the run has no final tables, or nothing was ever held
	Deliveries Deliveries  // of payments
}

// Stock sums the final products.
type Stock struct {
	Products    int
	Sold, Total int64
}

// Run streams a run's operations once and its commit log twice. Damaged or missing evidence is an error; the
// figures that come with it are those that could be had, and still worth showing beside the verdict that tells of
// the same trouble.
func Run(runDir string, run *evidence.Run) (Stats, error) {
	kinds, flow, keys := make(tally), newFlow(), make(keyCounts)
	columns := []string{"kind", "phase", "intended", "return", "key", "tamper", "outcome", "http_status", "got_handled"}
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
	}, columns...)
	stats := Stats{Kinds: kinds.stats(), Flow: flow.stats()}
	tablesErr := stats.addTables(runDir, run, keys)
	stats.Deliveries = keys.stats(stats.Stock != nil)
	return stats, errors.Join(err, tablesErr)
}

// addTables adds what the final tables and the commit log tell, if the run took them.
func (s *Stats) addTables(runDir string, run *evidence.Run, keys keyCounts) error {
	if run.Declared.FinalTables == nil {
		return nil
	}
	stock := new(Stock)
	err := evidence.ReadTable(runDir, evidence.Final, run.ID, func(products []evidence.Product) error {
		stock.Products += len(products)
		for i := range products {
			stock.Sold += products[i].StockSold
			stock.Total += products[i].StockTotal
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = evidence.ReadTable(runDir, evidence.Final, run.ID, func(events []evidence.PaymentEvent) error {
		for i := range events {
			keys.effect(events[i].Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Stock = stock
	s.Sale, err = saleOfRun(runDir, run)
	return err
}

// saleOfRun draws the sale from the commit log if the run has one, else from the final tables. A log that cannot be
// read is an error; the tables then tell what they can.
func saleOfRun(runDir string, run *evidence.Run) (*Sale, error) {
	clock, elapsed := NewClock(run.Probes), time.Duration(run.ElapsedNS)
	if !clock.Known() {
		return nil, nil
	}
	var logErr error
	if run.Declared.Commits != nil && run.Declared.StartTables != nil {
		sale, err := saleOfLog(runDir, run, clock)
		if err == nil {
			return sale, nil
		}
		logErr = err
	}
	final, err := evidence.ReadTables(runDir, evidence.Final, run.ID)
	if err != nil {
		return nil, errors.Join(logErr, err)
	}
	sale, err := saleOf(rowsTelling(final, clock), elapsed)
	return sale, errors.Join(logErr, err)
}

func saleOfLog(runDir string, run *evidence.Run, clock Clock) (*Sale, error) {
	start, err := evidence.ReadTables(runDir, evidence.Start, run.ID)
	if err != nil {
		return nil, err
	}
	sale, err := saleOf(logTelling(runDir, run, start, clock), time.Duration(run.ElapsedNS))
	if sale != nil {
		sale.Logged = true
	}
	return sale, err
}
