package checker

import (
	"math"
	"testing"

	"flashsale/internal/evidence"
)

// meterRun has 100 holds of 1 to 100 ms over two seconds: 90 ok, 6 refused, 4 without an answer; and what
// no threshold may count: a read at the end.
func meterRun() *Evidence {
	ev := &Evidence{Run: &evidence.Run{}}
	for i := int64(1); i <= 100; i++ {
		op := evidence.Operation{
			Kind: evidence.CreateHold, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
			Intended: i * 1000, Call: i*1000 + i*500_000, Return: i*1000 + i*1_000_000,
		}
		switch {
		case i > 96:
			op.Outcome, op.Return = evidence.Unknown, 1000+2e9
		case i > 90:
			op.Outcome = evidence.Refused
		}
		ev.Operations = append(ev.Operations, op)
	}
	ev.Operations = append(ev.Operations, evidence.Operation{
		Kind: evidence.CreateHold, Phase: evidence.PhaseFinal, Outcome: evidence.OK, Return: 1e12,
	})
	return ev
}

func TestThresholds(t *testing.T) {
	tests := []struct {
		metric, stat, op string
		bound            float64
		want             Word
		value            float64
	}{
		{"hold", "p50", "<", 49, Pass, 48},
		{"hold", "p50", "<", 48, Fail, 48},
		{"hold", "p99", "<=", 95.1, Pass, 95},
		{"hold", "p99.9", ">", 95, Pass, 96},
		{"hold", "max", "<=", 96, Pass, 96},
		{"hold", "mean", "==", 48.5, Pass, 48.5},
		{"hold", "rate", ">=", 44, Pass, 45},
		{"hold", "rate", ">", 46, Fail, 45},
		{"hold", "errors", "<", 0.05, Pass, 0.04},
		{"hold", "errors", "<", 0.04, Fail, 0.04},
		{"hold", "count", "==", 100, Pass, 100},
		{"run", "count", ">", 100, Fail, 100},
		{"order", "count", "==", 0, Pass, 0},
		{"order", "p50", "<", 1000, Undecided, 0},
		{"order", "errors", "<", 1, Undecided, 0},
		{"order", "rate", ">", 0, Undecided, 0},
		{"hold", "p101", "<", 1, Undecided, 0},
		{"hold", "median", "<", 1, Undecided, 0},
		{"hold", "p50", "~", 1, Undecided, 48},
	}
	for _, test := range tests {
		ev := meterRun()
		ev.Run.Thresholds = []evidence.Threshold{{
			Text: "t", Metric: test.metric, Stat: test.stat, Op: test.op, Value: test.bound,
		}}
		m := newMeters(ev.Run.Thresholds)
		m.add(ev.Operations)
		got := m.judge("")[0]
		if got.Verdict != test.want || math.Abs(got.Value-test.value) > 0.1 && test.stat != "errors" ||
			math.Abs(got.Value-test.value) > 1e-9 && test.stat == "errors" || (got.Reason == "") != (test.want != Undecided) {
			t.Errorf("%s.%s %s %v: %s, %v (%s)", test.metric, test.stat, test.op, test.bound, got.Verdict, got.Value, got.Reason)
		}
	}
}
