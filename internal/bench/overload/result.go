package overload

import (
	"cmp"
	"math"
	"slices"

	"flashsale/internal/bench"
)

// Result is what was measured.
type Result struct {
	Machine       bench.Machine `json:"machine"`
	Database      string        `json:"database"` // version
	CommitDelayMS float64       `json:"commit_delay_ms"`
	BatchMax      int           `json:"batch_max"`
	Capacity      float64       `json:"capacity_holds_per_second"` // with slow commits, as found before the steps

	Steps      []Step     `json:"steps"`      // ascending; each figure is the median of the rounds'
	Rounds     [][]Step   `json:"rounds"`     // the steps of every round
	Recovery   Recovery   `json:"recovery"`   // of the rounds' the one that took the median time
	Recoveries []Recovery `json:"recoveries"` // of every round

	Peak          float64 `json:"peak_goodput_per_second"`        // the best step's
	GoodputVsPeak float64 `json:"goodput_vs_peak"`                // the worst step's of those that exceed the capacity
	ServedP99MS   float64 `json:"worst_served_p99_ms"`            // of all steps
	RefusedP99MS  float64 `json:"worst_refused_p99_ms"`           // of all steps
	Others        int     `json:"answers_other_than_201_and_503"` // of all loads; every hold that was granted is in the database
}

// Step is what was measured at one offered load. Rates are per second; latencies are from the intended send.
type Step struct {
	Multiple     float64 `json:"multiple_of_capacity"`
	Offered      float64 `json:"offered_per_second"`
	Goodput      float64 `json:"goodput_per_second"` // answers 201
	Refused      float64 `json:"refused_per_second"` // answers 503 overloaded, with Retry-After
	Others       float64 `json:"others"`             // other answers, and missing ones
	ServedP50MS  float64 `json:"served_p50_ms"`
	ServedP99MS  float64 `json:"served_p99_ms"`
	RefusedP99MS float64 `json:"refused_p99_ms"` // 0: nobody was refused
	LateSends    float64 `json:"late_sends"`     // arrivals that were sent more than 10 ms late
}

// Recovery is the course of one load whose commits become slow and fast again. Times are from its start.
type Recovery struct {
	Multiple    float64  `json:"multiple_of_capacity"`
	Offered     float64  `json:"offered_per_second"`
	SlowAtMS    float64  `json:"slow_at_ms"`
	HealedAtMS  float64  `json:"healed_at_ms"`
	RecoveredMS *float64 `json:"recovered_after_ms"` // from the heal to where all is well for good; null: it never was
	Windows     []Window `json:"windows"`
}

// Window is a moment of a course. Answers count when they come, latencies belong to when their requests were due.
type Window struct {
	AtMS        float64 `json:"at_ms"`
	Offered     float64 `json:"offered_per_second"`
	Goodput     float64 `json:"goodput_per_second"`
	Refused     float64 `json:"refused_per_second"`
	ServedP50MS float64 `json:"served_p50_ms"` // 0: of this moment's requests nobody was served
	ServedP99MS float64 `json:"served_p99_ms"`
}

// summarize takes the medians of the rounds, and from them the figures that count.
func (r *Result) summarize() {
	for i := range r.Rounds[0] {
		r.Steps = append(r.Steps, medianStep(r.Rounds, i))
	}
	for _, s := range r.Steps {
		r.Peak = max(r.Peak, s.Goodput)
		r.ServedP99MS = max(r.ServedP99MS, s.ServedP99MS)
		r.RefusedP99MS = max(r.RefusedP99MS, s.RefusedP99MS)
	}
	worst := r.Peak
	for _, s := range r.Steps {
		if s.Multiple > 1 {
			worst = min(worst, s.Goodput)
		}
	}
	if r.Peak > 0 {
		r.GoodputVsPeak = worst / r.Peak
	}
	sorted := slices.SortedStableFunc(slices.Values(r.Recoveries), func(a, b Recovery) int {
		return cmp.Compare(a.took(), b.took())
	})
	r.Recovery = sorted[len(sorted)/2]
}

// medianStep is the nth step with the median of the rounds for each of its figures.
func medianStep(rounds [][]Step, n int) Step {
	of := func(figure func(Step) float64) float64 {
		values := make([]float64, len(rounds))
		for i, round := range rounds {
			values[i] = figure(round[n])
		}
		return bench.SpreadOf(values).Median
	}
	return Step{
		Multiple:     rounds[0][n].Multiple,
		Offered:      of(func(s Step) float64 { return s.Offered }),
		Goodput:      of(func(s Step) float64 { return s.Goodput }),
		Refused:      of(func(s Step) float64 { return s.Refused }),
		Others:       of(func(s Step) float64 { return s.Others }),
		ServedP50MS:  of(func(s Step) float64 { return s.ServedP50MS }),
		ServedP99MS:  of(func(s Step) float64 { return s.ServedP99MS }),
		RefusedP99MS: of(func(s Step) float64 { return s.RefusedP99MS }),
		LateSends:    of(func(s Step) float64 { return s.LateSends }),
	}
}

// took orders recoveries; one that never was comes last.
func (r *Recovery) took() float64 {
	if r.RecoveredMS == nil {
		return math.Inf(1)
	}
	return *r.RecoveredMS
}
