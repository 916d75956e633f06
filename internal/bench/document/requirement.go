package document

import (
	"fmt"
	"math"

	"flashsale/internal/bench"
	"flashsale/reports/wording"
)

// Requirement is a bar that a figure is held to.
type Requirement struct {
	What    string
	Bar     string // "at least 30x"
	Reached string // empty: not measured
	Met     bool
}

// Verdict says it in words.
func (q Requirement) Verdict() string {
	switch {
	case q.Reached == "":
		return "not measured"
	case q.Met:
		return "met"
	default:
		return "**not met**"
	}
}

// bar is a requirement before anything is known.
type bar struct {
	what    string
	atMost  bool // else at least
	value   float64
	unit    string
	reached func(*Results) (float64, bool)
}

// bars are what a release is held to, all on one machine that load, server and database share.
func bars() []bar {
	return []bar{
		{"holds, next to the strawman", false, 30, "x", serverRatio("holds_vs_strawman")},
		{"the same on MySQL", false, 30, "x", func(r *Results) (float64, bool) { return ratioOf(r.MySQL, "holds_vs_strawman") }},
		{"whole checkouts, next to the strawman", false, 25, "x", serverRatio("checkouts_vs_strawman")},
		{"holds, next to a counter in Redis", false, 1.1, "x", serverRatio("holds_vs_redis")},
		{"holds, next to no database at all", false, 0.6, "x", serverRatio("holds_vs_null")},
		{"reads, next to no database at all", false, 0.8, "x", serverRatio("reads_vs_null")},
		{"sold-out answers, next to no database at all", false, 0.8, "x", serverRatio("soldout_vs_null")},
		{"with very many active holds, next to none", false, 0.9, "x", serverRatio("million_holds_vs_empty")},
		{"p99 of a hold at half of the peak rate", true, 10, " ms", func(r *Results) (float64, bool) {
			if r.Server == nil {
				return 0, false
			}
			return r.Server.P99, r.Server.P99 > 0
		}},
		{"CPU per request of the simulator, next to wrk", true, 1.6, "x", func(r *Results) (ratio float64, measured bool) {
			if r.Simulator == nil {
				return 0, false
			}
			ratio, measured = r.Simulator.Ratios["flashsale_vs_wrk"]
			return ratio, measured
		}},
		{"goodput past the capacity, next to its peak", false, 0.9, "x", func(r *Results) (float64, bool) {
			if r.Overload == nil {
				return 0, false
			}
			return r.Overload.GoodputVsPeak, true
		}},
		{"recovery when commits are fast again", true, 1000, " ms", func(r *Results) (float64, bool) {
			switch {
			case r.Overload == nil:
				return 0, false
			case r.Overload.Recovery.RecoveredMS == nil:
				return math.Inf(1), true
			}
			return *r.Overload.Recovery.RecoveredMS, true
		}},
	}
}

func serverRatio(name string) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) { return ratioOf(r.Server, name) }
}

func ratioOf(s *bench.ServerResult, name string) (ratio float64, measured bool) {
	if s == nil {
		return 0, false
	}
	ratio, measured = s.Ratios[name]
	return ratio, measured
}

// Requirements holds what was measured against every bar.
func (r *Results) Requirements() []Requirement {
	var all []Requirement
	for _, b := range bars() {
		q := Requirement{What: b.what, Bar: fmt.Sprintf("at least %g%s", b.value, b.unit)}
		if b.atMost {
			q.Bar = fmt.Sprintf("at most %g%s", b.value, b.unit)
		}
		if reached, measured := b.reached(r); measured {
			q.Reached = wording.ThreeDigits(reached) + b.unit
			if math.IsInf(reached, 1) {
				q.Reached = "never"
			}
			q.Met = reached >= b.value
			if b.atMost {
				q.Met = reached <= b.value
			}
		}
		all = append(all, q)
	}
	return all
}
