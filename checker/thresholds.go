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

// judgeThresholds measures the storm. Latency runs from the intended start to the return of every attempt that
// was answered, refusals included, so that queueing before the call is not hidden.
func judgeThresholds(ev *Evidence) []ThresholdResult {
	results := make([]ThresholdResult, 0, len(ev.Run.Thresholds))
	if len(ev.Run.Thresholds) == 0 {
		return results
	}
	meters := make(map[string]*meter)
	for _, t := range ev.Run.Thresholds {
		if meters[t.Metric] == nil {
			meters[t.Metric] = newMeter()
		}
	}
	for i := range ev.Operations {
		op := &ev.Operations[i]
		if op.Phase != evidence.PhaseStorm {
			continue
		}
		for _, metric := range []string{op.Kind, metricRun} {
			if m := meters[metric]; m != nil {
				m.add(op)
			}
		}
	}
	for _, t := range ev.Run.Thresholds {
		results = append(results, judgeThreshold(ev, t, meters[t.Metric]))
	}
	return results
}

func judgeThreshold(ev *Evidence, t evidence.Threshold, m *meter) ThresholdResult {
	r := ThresholdResult{Text: t.Text, Verdict: Undecided}
	if trouble := ev.Trouble[NeedOperations]; trouble != "" {
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
