package checker

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"flashsale/internal/evidence"
)

// meterRun has 100 holds of 1 to 100 ms over two seconds: 90 ok, 6 refused, 4 without an answer; and what
// no threshold may count: a read at the end.
func meterRun() *Evidence {
	ev := &Evidence{Run: &evidence.Run{}}
	for i := int64(1); i <= 100; i++ {
		op := evidence.Operation{
			ID: i, Request: i, Kind: evidence.CreateHold, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
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
		ID: 101, Request: 101, Kind: evidence.CreateHold, Phase: evidence.PhaseFinal, Outcome: evidence.OK, Return: 1e12,
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
		got := Judge(ev).Thresholds[0]
		if got.Verdict != test.want || math.Abs(got.Value-test.value) > 0.1 && test.stat != "errors" ||
			math.Abs(got.Value-test.value) > 1e-9 && test.stat == "errors" || (got.Reason == "") != (test.want != Undecided) {
			t.Errorf("%s.%s %s %v: %s, %v (%s)", test.metric, test.stat, test.op, test.bound, got.Verdict, got.Value, got.Reason)
		}
	}
}

// Four faults: one that did not bite, three that did and were recovered from in 1.5 s at most.
func TestThresholdsOfFaults(t *testing.T) {
	faults := []evidence.Fault{
		{Name: "server-kill", Victim: "server-0", Injected: 1e9, Healed: 2e9, Recovered: 2.25e9, Bitten: true},
		{Name: "server-kill", Victim: "server-1", Injected: 2e9, Healed: 3e9, Recovered: 3e9, Bitten: true},
		{Name: "database-kill", Victim: "database", Injected: 4e9, Healed: 5e9, Recovered: 6.5e9, Bitten: true},
		{Name: "disk-full", Victim: "database", Injected: 7e9, Healed: 8e9, Recovered: 8e9},
	}
	lost := append(slices.Clone(faults), evidence.Fault{Name: "server-pause", Victim: "server-0", Injected: 8e9, Healed: 9e9})
	tests := []struct {
		name, stat, op string
		bound          float64
		faults         []evidence.Fault
		want           Word
		value          float64
	}{
		{"the slowest counts", "recovery", "<=", 1500, faults, Pass, 1500},
		{"too slow", "recovery", "<", 1500, faults, Fail, 1500},
		{"what did not bite does not count", "count", ">=", 4, faults, Fail, 3},
		{"nothing was done", "count", ">=", 1, nil, Fail, 0},
		{"nothing to recover from", "recovery", "<=", 2000, nil, Undecided, 0},
		{"never recovered", "recovery", "<=", 2000, lost, Undecided, 0},
		{"never recovered, and counted", "count", ">=", 3, lost, Pass, 3},
		{"no statistic of faults", "p99", "<=", 2000, faults, Undecided, 0},
	}
	for _, test := range tests {
		ev := meterRun()
		ev.Run.Faults = test.faults
		ev.Run.Thresholds = []evidence.Threshold{{Text: "t", Metric: "fault", Stat: test.stat, Op: test.op, Value: test.bound}}
		got := Judge(ev).Thresholds[0]
		if got.Verdict != test.want || got.Value != test.value || (got.Reason == "") != (test.want != Undecided) {
			t.Errorf("%s: %s, %v (%s)", test.name, got.Verdict, got.Value, got.Reason)
		}
	}
}

// What becomes of one key, attempt by attempt, and whether that leaves anybody in doubt.
func TestUnresolved(t *testing.T) {
	const ok, none, full = 200, 0, 503 // statuses; none: no answer
	type try struct {
		status    int32
		call, ret int64
		tampered  bool
	}
	one := func(status int32, at int64) try { return try{status: status, call: 2 * at, ret: 2*at + 1} }
	tests := []struct {
		name  string
		tries []try
		want  float64
	}{
		{"answered", []try{one(ok, 1)}, 0},
		{"refused", []try{one(409, 1)}, 0},
		{"no answer", []try{one(none, 1)}, 1},
		{"no answer, twice", []try{one(none, 1), one(none, 2)}, 1},
		{"no answer, then success", []try{one(none, 1), one(ok, 2)}, 0},
		{"no answer, then refused", []try{one(none, 1), one(409, 2)}, 0},
		{"no answer, then overloaded", []try{one(none, 1), one(full, 2)}, 1},
		{"no answer, overloaded, success", []try{one(none, 1), one(full, 2), one(ok, 3)}, 0},
		{"refused, then no answer", []try{one(404, 1), one(none, 2)}, 1},
		{"success, then a replay without an answer", []try{one(ok, 1), one(none, 2)}, 0},
		{"504, then success", []try{one(504, 1), one(ok, 2)}, 0},
		{"504", []try{one(504, 1)}, 1},
		{"refused while the other attempt is still under way", []try{
			{status: none, call: 1, ret: 9}, {status: 409, call: 2, ret: 3}}, 1},
		{"success while the other attempt is still under way", []try{
			{status: none, call: 1, ret: 9}, {status: ok, call: 2, ret: 3}}, 0},
		{"a forged delivery without an answer", []try{{status: none, call: 1, ret: 2, tampered: true}}, 0},
		{"a forged delivery tells nothing", []try{one(none, 1), {status: 401, call: 5, ret: 6, tampered: true}}, 1},
	}
	for _, kind := range []evidence.Kind{evidence.CreateHold, evidence.CreateOrder, evidence.SendWebhook} {
		for _, test := range tests {
			ev := &Evidence{Run: &evidence.Run{Thresholds: []evidence.Threshold{
				{Text: "t", Metric: "run", Stat: "unresolved", Op: "==", Value: 0}}}}
			for i, try := range test.tries {
				op := evidence.Operation{ID: int64(i + 1), Request: 1, Attempt: int32(i + 1), Kind: kind, Key: "k",
					Phase: evidence.PhaseStorm, Call: try.call, Return: try.ret, HTTPStatus: try.status, Outcome: evidence.Unknown}
				switch {
				case try.status == ok:
					op.Outcome = evidence.OK
				case try.status == full || try.status/100 == 4:
					op.Outcome = evidence.Refused
				}
				if try.tampered {
					op.Tamper = evidence.Forged
				}
				ev.Operations = append(ev.Operations, op)
			}
			slices.SortFunc(ev.Operations, func(a, b evidence.Operation) int { return cmp.Compare(a.Return, b.Return) })
			if got := Judge(ev).Thresholds[0]; got.Value != test.want || (got.Verdict == Pass) != (test.want == 0) {
				t.Errorf("%s, %s: %s, %v (%s)", kind, test.name, got.Verdict, got.Value, got.Reason)
			}
		}
	}
}
