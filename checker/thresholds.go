package checker

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"flashsale/internal/evidence"
)

// metricRun is the metric that covers every kind of operation.
const metricRun = "run"

const (
	latencyDigits = 3
	latencyMaxUS  = 3600 * 1000 * 1000 // an hour; longer ones count as an hour
	usPerMS       = 1000
)

// meters measure the storm while its operations go by, so that nothing need be kept for them. Latency runs from
// the intended start to the return of every attempt that was answered, refusals included, so that queueing before
// the call is not hidden.
type meters struct {
	thresholds []evidence.Threshold
	of         map[string]*meter // by metric
}

func newMeters(thresholds []evidence.Threshold) meters {
	m := meters{thresholds, make(map[string]*meter)}
	for _, t := range thresholds {
		if m.of[t.Metric] == nil {
			m.of[t.Metric] = newMeter()
		}
	}
	return m
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

// judge compares the figures with their bounds; trouble says why the operations cannot be used.
func (m *meters) judge(trouble string) []ThresholdResult {
	results := make([]ThresholdResult, 0, len(m.thresholds))
	for _, t := range m.thresholds {
		results = append(results, judgeThreshold(trouble, t, m.of[t.Metric]))
	}
	return results
}

func judgeThreshold(trouble string, t evidence.Threshold, m *meter) ThresholdResult {
	r := ThresholdResult{Text: t.Text, Verdict: Undecided}
	if trouble != "" {
		r.Reason = trouble
		return r
	}
	value, ok := m.stat(t.Stat)
	if !ok {
		r.Reason = fmt.Sprintf("there is no %s of %s to measure", t.Stat, t.Metric)
		return r
	}
	r.Value = value
	met, ok := compare(value, t.Op, t.Value)
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
	case "count":
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
