package reports

import (
	"errors"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"flashsale/internal/evidence"
)

// Stats are the figures shown beside the verdict. None of them decides anything.
type Stats struct {
	Kinds []KindStats // kinds that occurred, in the order of a purchase
	Stock *Stock      // nil if the run has no final tables
}

// KindStats are the figures of one kind of operation, over the attempts of the storm phase. Latencies run from
// the intended start, so that time spent waiting to be sent counts, and cover answered attempts only.
type KindStats struct {
	Kind                 evidence.Kind
	OK, Refused, Unknown int64         // attempts, by what the client may conclude
	PerSecond            float64       // answered attempts, from the first intended start to the last return
	P50, P99, Max        time.Duration // to a microsecond; zero if nothing was answered
}

// Stock sums the final products.
type Stock struct {
	Products    int
	Sold, Total int64
}

// purchaseOrder lists the kinds as a purchase meets them: the order of the figures table.
func purchaseOrder() []evidence.Kind {
	return []evidence.Kind{
		evidence.ReadProduct, evidence.CreateHold, evidence.ReadHold,
		evidence.CreateOrder, evidence.ReadOrder, evidence.SendWebhook,
	}
}

// Measure streams a run's operations once and sums its final products. Memory does not grow with the number of
// operations. Damaged or missing evidence is an error; the figures that come with it are those that could be had,
// and still worth showing beside the verdict that tells of the same trouble.
func Measure(runDir string, run *evidence.Run) (Stats, error) {
	counts := make(tally)
	err := evidence.ReadOperations(runDir, run.ID, func(batch []evidence.Operation) error {
		for i := range batch {
			counts.add(&batch[i])
		}
		return nil
	})
	stock, stockErr := measureStock(runDir, run)
	return Stats{Kinds: counts.kinds(), Stock: stock}, errors.Join(err, stockErr)
}

// measureStock sums the final products, if the run took them.
func measureStock(runDir string, run *evidence.Run) (*Stock, error) {
	if run.Declared.FinalTables == nil {
		return nil, nil
	}
	tables, err := evidence.ReadTables(runDir, evidence.Final, run.ID)
	if err != nil {
		return nil, err
	}
	stock := &Stock{Products: len(tables.Products)}
	for _, product := range tables.Products {
		stock.Sold += product.StockSold
		stock.Total += product.StockTotal
	}
	return stock, nil
}

// tally accumulates what Measure reads.
type tally map[evidence.Kind]*kindTally

type kindTally struct {
	ok, refused, unknown int64
	intended, returned   int64 // first intended start, last return: nanoseconds since the run's start
	latency              *hdrhistogram.Histogram
}

// Latencies are kept in microseconds with three significant digits; a longer one counts as an hour.
const (
	latencyMaxUS  = int64(time.Hour / time.Microsecond)
	latencyDigits = 3
)

func (t tally) add(op *evidence.Operation) {
	if op.Phase != evidence.PhaseStorm {
		return
	}
	k := t[op.Kind]
	if k == nil {
		k = &kindTally{intended: op.Intended, latency: hdrhistogram.New(1, latencyMaxUS, latencyDigits)}
		t[op.Kind] = k
	}
	k.intended = min(k.intended, op.Intended)
	k.returned = max(k.returned, op.Return)
	switch op.Outcome {
	case evidence.OK:
		k.ok++
	case evidence.Refused:
		k.refused++
	default:
		k.unknown++
		return
	}
	us := (op.Return - op.Intended) / int64(time.Microsecond)
	// The value is clamped to the histogram's range, so recording cannot fail.
	_ = k.latency.RecordValue(min(max(us, 1), latencyMaxUS))
}

func (t tally) kinds() []KindStats {
	var all []KindStats
	for _, kind := range purchaseOrder() {
		if k := t[kind]; k != nil {
			all = append(all, k.stats(kind))
		}
	}
	return all
}

func (k *kindTally) stats(kind evidence.Kind) KindStats {
	// A handful of calls within a moment has no meaningful rate: nothing is divided by less than a second.
	span := max(time.Duration(k.returned-k.intended), time.Second)
	return KindStats{
		Kind: kind, OK: k.ok, Refused: k.refused, Unknown: k.unknown,
		PerSecond: float64(k.ok+k.refused) / span.Seconds(),
		P50:       time.Duration(k.latency.ValueAtPercentile(50)) * time.Microsecond,
		P99:       time.Duration(k.latency.ValueAtPercentile(99)) * time.Microsecond,
		Max:       time.Duration(k.latency.Max()) * time.Microsecond,
	}
}
