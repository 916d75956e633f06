package checker

import (
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"flashsale/internal/evidence"
)

// What thresholds are about besides kinds of operations, and the figures that no operation tells alone.
const (
	metricRun      = "run"        // every kind of operation
	metricFault    = "fault"      // what was done to the system
	statRecovery   = "recovery"   // of faults: see evidence.Run.SlowestRecovery
	statCount      = "count"      // of faults: how many bit
	statUnresolved = "unresolved" // of the run: see unresolved
)

const (
	latencyDigits = 3
	latencyMaxUS  = 3600 * 1000 * 1000 // an hour; longer ones count as an hour
	usPerMS       = 1000
)

// meters measure the storm while its operations go by, so that nothing need be kept for them. Latency runs from
// the intended start to the return of every attempt that was answered, refusals included, so that queueing before
// the call is not hidden.
type meters struct {
	of map[string]*meter // by metric: those that a threshold asks for
}

func newMeters(thresholds []evidence.Threshold) meters {
	m := meters{make(map[string]*meter)}
	for _, t := range thresholds {
		if metered(t) && m.of[t.Metric] == nil {
			m.of[t.Metric] = newMeter()
		}
	}
	return m
}

// metered tells whether a threshold asks for what operations add up to while they go by.
func metered(t evidence.Threshold) bool {
	return t.Metric != metricFault && (t.Metric != metricRun || t.Stat != statUnresolved)
}

func (m *meters) add(batch []evidence.Operation) {
	if len(m.of) == 0 {
		return
	}
	run := m.of[metricRun]
	for i := range batch {
		op := &batch[i]
		if op.Phase != evidence.PhaseStorm {
			continue
		}
		if one := m.of[op.Kind]; one != nil {
			one.add(op)
		}
		if run != nil {
			run.add(op)
		}
	}
}

// judgeThresholds compares the figures of the run with their bounds.
func judgeThresholds(ix *index) []ThresholdResult {
	results := make([]ThresholdResult, 0, len(ix.run.Thresholds))
	for _, t := range ix.run.Thresholds {
		results = append(results, judgeThreshold(ix, t))
	}
	return results
}

func judgeThreshold(ix *index, t evidence.Threshold) ThresholdResult {
	r := ThresholdResult{Text: t.Text, Verdict: Undecided}
	if r.Value, r.Reason = ix.figure(t); r.Reason != "" {
		return r
	}
	met, ok := compare(r.Value, t.Op, t.Value)
	switch {
	case !ok:
		r.Reason = fmt.Sprintf("%q is no comparison", t.Op)
	case met:
		r.Verdict = Pass
	default:
		r.Verdict = Fail
	}
	return r
}

// figure measures what a threshold bounds, or says why that cannot be measured.
func (ix *index) figure(t evidence.Threshold) (value float64, why string) {
	trouble := ix.trouble[NeedOperations]
	switch {
	case t.Metric == metricFault:
		return faultFigure(ix.run, t.Stat)
	case trouble != "":
		return 0, trouble
	case !metered(t) && !ix.whole:
		return 0, "the record of operations is not whole"
	case !metered(t):
		return float64(unresolved(ix)), ""
	}
	if value, ok := ix.meters.of[t.Metric].stat(t.Stat); ok {
		return value, ""
	}
	return 0, fmt.Sprintf("there is no %s of %s to measure", t.Stat, t.Metric)
}

// faultFigure measures what was done to the system: what did not bite does not count, and a recovery that nobody saw
// the end of is no figure.
func faultFigure(run *evidence.Run, stat string) (value float64, why string) {
	switch stat {
	case statCount:
		bitten := 0
		for _, f := range run.Faults {
			if f.Bitten {
				bitten++
			}
		}
		return float64(bitten), ""
	case statRecovery:
		for _, f := range run.Faults {
			if f.Recovered == 0 && !f.Missed() {
				return 0, fmt.Sprintf("nobody knows how long the recovery from %s on %s took", f.Name, f.Victim)
			}
		}
		if slices.ContainsFunc(run.Faults, func(f evidence.Fault) bool { return f.Recovered != 0 }) {
			return run.SlowestRecovery().Seconds() * 1000, ""
		}
	}
	return 0, fmt.Sprintf("there is no %s of faults to measure", stat)
}

func compare(value float64, op string, bound float64) (met, ok bool) {
	switch op {
	case "<":
		return value < bound, true
	case "<=":
		return value <= bound, true
	case ">":
		return value > bound, true
	case ">=":
		return value >= bound, true
	case "==":
		return value == bound, true
	}
	return false, false
}

// meter gathers the figures of one metric.
type meter struct {
	latency     *hdrhistogram.Histogram // microseconds
	worst       int64                   // nanoseconds
	sum         float64                 // nanoseconds
	answered    int64
	all, ok     int64
	unknown     int64
	first, last int64 // nanoseconds: the earliest intended start, the latest return
}

func newMeter() *meter {
	return &meter{latency: hdrhistogram.New(1, latencyMaxUS, latencyDigits), first: math.MaxInt64}
}

func (m *meter) add(op *evidence.Operation) {
	m.all++
	m.first, m.last = min(m.first, op.Intended), max(m.last, op.Return)
	switch op.Outcome {
	case evidence.Unknown:
		m.unknown++
		return
	case evidence.OK:
		m.ok++
	}
	took := op.Return - op.Intended
	m.answered++
	m.worst = max(m.worst, took)
	m.sum += float64(took)
	// The value is clamped to the histogram's range, so that recording cannot be refused.
	_ = m.latency.RecordValue(min(max(took/1000, 1), latencyMaxUS))
}

// stat computes one figure; ok is false if there is nothing to compute it from.
func (m *meter) stat(name string) (value float64, ok bool) {
	switch name {
	case statCount:
		return float64(m.all), true
	case "errors":
		return float64(m.unknown) / float64(max(m.all, 1)), m.all > 0
	case "rate":
		span := m.last - m.first
		return float64(m.ok) / (float64(max(span, 1)) / 1e9), m.all > 0
	case "max":
		return float64(m.worst) / 1e6, m.answered > 0
	case "mean":
		return m.sum / float64(max(m.answered, 1)) / 1e6, m.answered > 0
	}
	var percentile float64
	if n, err := fmt.Sscanf(name, "p%g", &percentile); n != 1 || err != nil || percentile <= 0 || percentile > 100 {
		return 0, false
	}
	return float64(m.latency.ValueAtQuantile(percentile)) / usPerMS, m.answered > 0
}
