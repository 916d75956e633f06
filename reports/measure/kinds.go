package measure

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"flashsale/internal/evidence"
)

// KindStats are the figures of one kind of operation, over the attempts of the storm phase. Latencies run from
// the intended start, so that time spent waiting to be sent counts, and cover answered attempts only.
type KindStats struct {
	Kind                 evidence.Kind
	OK, Refused, Unknown int64         // attempts, by what the client may conclude
	PerSecond            float64       // answered attempts, from the first intended start to the last return
	P50, P90, P99, Max   time.Duration // to a microsecond; zero if nothing was answered
	Spectrum             []Quantile    // latency by share of attempts, ascending
	Moments              []Moment      // latency over time, by intended start; moments without an answer are left out
	MomentWidth          time.Duration // how much time a Moment covers
}

// Answered counts the attempts that latencies cover.
func (k *KindStats) Answered() int64 { return k.OK + k.Refused }

// Quantile says that Share of the attempts took Latency at most.
type Quantile struct {
	Share   float64 // from 0 to less than 1
	Latency time.Duration
}

// Moment is the latency of the attempts whose intended start lies in one slot of time.
type Moment struct {
	At            time.Duration // the slot's beginning, since the run's start
	Answered      int64
	P50, P90, P99 time.Duration
}

// PurchaseOrder lists the kinds as a purchase meets them: the order of every table and plot.
func PurchaseOrder() []evidence.Kind {
	return []evidence.Kind{
		evidence.ReadProduct, evidence.CreateHold, evidence.ReadHold,
		evidence.CreateOrder, evidence.ReadOrder, evidence.SendWebhook,
	}
}

// Latencies are kept in microseconds with three significant digits, over time with two; a longer one counts as
// an hour.
const (
	latencyMaxUS     = int64(time.Hour / time.Microsecond)
	latencyDigits    = 3
	latencyDigitsNow = 2
)

// tally accumulates the operations by kind.
type tally map[evidence.Kind]*kindTally

type kindTally struct {
	ok, refused, unknown int64
	intended, returned   int64 // first intended start, last return: nanoseconds since the run's start
	latency              *hdrhistogram.Histogram
	over                 timeline[*hdrhistogram.Histogram]
}

func (t tally) add(op *evidence.Operation) {
	k := t[op.Kind]
	if k == nil {
		k = &kindTally{
			intended: op.Intended,
			latency:  hdrhistogram.New(1, latencyMaxUS, latencyDigits),
			over:     newTimeline(newMomentHistogram, mergeHistograms),
		}
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
	us := min(max((op.Return-op.Intended)/int64(time.Microsecond), 1), latencyMaxUS)
	// The value lies within the histograms' range, so recording cannot fail.
	_ = k.latency.RecordValue(us)
	_ = k.over.at(op.Intended).RecordValue(us)
}

func newMomentHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, latencyMaxUS, latencyDigitsNow)
}

func mergeHistograms(into, from *hdrhistogram.Histogram) *hdrhistogram.Histogram {
	into.Merge(from)
	return into
}

// stats lists the known kinds; an unknown word in a damaged file is no kind.
func (t tally) stats() []KindStats {
	var all []KindStats
	for _, kind := range PurchaseOrder() {
		if k := t[kind]; k != nil {
			all = append(all, k.stats(kind))
		}
	}
	return all
}

func (k *kindTally) stats(kind evidence.Kind) KindStats {
	// A handful of calls within a moment has no meaningful rate: nothing is divided by less than a second.
	span := max(time.Duration(k.returned-k.intended), time.Second)
	stats := KindStats{
		Kind: kind, OK: k.ok, Refused: k.refused, Unknown: k.unknown,
		PerSecond: float64(k.ok+k.refused) / span.Seconds(),
		P50:       percentile(k.latency, 50), P90: percentile(k.latency, 90), P99: percentile(k.latency, 99),
		Max:         microseconds(k.latency.Max()),
		Spectrum:    spectrum(k.latency),
		MomentWidth: time.Duration(k.over.width),
	}
	k.over.each(func(start int64, h *hdrhistogram.Histogram) {
		stats.Moments = append(stats.Moments, Moment{
			At: time.Duration(start), Answered: h.TotalCount(),
			P50: percentile(h, 50), P90: percentile(h, 90), P99: percentile(h, 99),
		})
	})
	return stats
}

// spectrumSteps is how many points the spectrum has for every further nine.
const spectrumSteps = 12

// spectrum walks from the median of 0 towards the maximum, in steps that get as fine as the tail is long, and stops
// where fewer than one attempt would be left.
func spectrum(h *hdrhistogram.Histogram) []Quantile {
	n := h.TotalCount()
	if n == 0 {
		return nil
	}
	var all []Quantile
	for step := 0; ; step++ {
		left := nines(float64(step) / spectrumSteps)
		if left*float64(n) < 1 && step > 0 {
			break
		}
		all = append(all, Quantile{Share: 1 - left, Latency: percentile(h, 100*(1-left))})
	}
	return all
}

func percentile(h *hdrhistogram.Histogram, percent float64) time.Duration {
	return microseconds(h.ValueAtPercentile(percent))
}

func microseconds(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// Seconds is a duration from seconds, to a microsecond.
func Seconds(s float64) time.Duration { return time.Duration(s*1e6+0.5) * time.Microsecond }
