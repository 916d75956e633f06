package bench

import (
	"fmt"
	"slices"
	"strings"
)

// ServerResult is the outcome of the comparison. A ratio is our figure by the other's, the median of the rounds'; one
// that was not measured is absent.
type ServerResult struct {
	Machine        Machine            `json:"machine"`
	Connections    int                `json:"connections"`
	MeasureSeconds float64            `json:"measure_seconds"` // per contestant and round
	Active         int64              `json:"active_holds"`    // at the start, of ours and the strawmen
	Many           int64              `json:"many_holds"`      // of the product that is compared with an empty one
	Ratios         map[string]float64 `json:"ratios"`
	P99            float64            `json:"p99_ms_at_half_peak"`
	HalfPeak       HalfPeak           `json:"half_peak"` // medians of the rounds'
	HalfPeaks      []HalfPeak         `json:"half_peaks"`
	Contestants    []Contestant       `json:"contestants"`
	Rounds         []ServerRound      `json:"rounds"`
	Truth          string             `json:"truth"` // how the databases compare with what was answered
}

// ServerRound is what one round measured, by contest and contestant.
type ServerRound map[string]map[string]Figure

// Figure is what one contestant reached.
type Figure struct {
	PerSecond float64      `json:"per_second"` // holds, checkouts, reads or refusals
	CPU       CPUPerAnswer `json:"cpu_us_per_request"`
}

// Contestant is one row of the result, over all rounds.
type Contestant struct {
	Contest string       `json:"contest"`
	Name    string       `json:"name"`
	Median  float64      `json:"median_per_second"`
	Least   float64      `json:"least_per_second"`
	Most    float64      `json:"most_per_second"`
	CPU     CPUPerAnswer `json:"cpu_us_per_request"`     // medians
	Missing string       `json:"not_measured,omitempty"` // why
}

// HalfPeak is what an open loop of holds at half of our peak measured, from the intended start of each.
type HalfPeak struct {
	PerSecond float64 `json:"per_second"`
	Answers   float64 `json:"answers"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	P999      float64 `json:"p999_ms"`
	Late      float64 `json:"late_sends"` // more than load.LateAfter past their time
	LateMost  float64 `json:"latest_send_ms"`
}

// ratios are the comparisons that the result names.
var ratios = [...]struct{ name, contest, of, to string }{
	{"holds_vs_strawman", contestHolds, ours, plain},
	{"holds_vs_counter", contestHolds, ours, plainWithColumn},
	{"holds_vs_redis", contestHolds, ours, redis},
	{"holds_vs_null", contestHolds, ours, null},
	{"checkouts_vs_strawman", contestCheckouts, ours, plain},
	{"reads_vs_null", contestReads, ours, null},
	{"soldout_vs_null", contestSoldOut, ours, null},
	{"million_holds_vs_empty", contestMany, oursMany, oursEmpty},
}

// summarize takes medians over the rounds.
func (r *ServerResult) summarize(contests []*contest) {
	for _, c := range contests {
		for _, e := range c.entries {
			row := Contestant{Contest: c.name, Name: e.name, Missing: e.missing}
			if figures := r.figures(c.name, e.name); len(figures) > 0 {
				rates := perSecond(figures)
				row.Median, row.Least, row.Most, row.CPU = median(rates), slices.Min(rates), slices.Max(rates), medianCPU(figures)
			}
			r.Contestants = append(r.Contestants, row)
		}
	}
	r.HalfPeak = middle(r.HalfPeaks)
	r.P99 = r.HalfPeak.P99
	r.Ratios = map[string]float64{}
	for _, ratio := range ratios {
		of, to := perSecond(r.figures(ratio.contest, ratio.of)), perSecond(r.figures(ratio.contest, ratio.to))
		if len(of) == 0 || len(of) != len(to) {
			continue
		}
		each := make([]float64, len(of))
		for i := range of {
			each[i] = of[i] / to[i]
		}
		r.Ratios[ratio.name] = median(each)
	}
}

// middle is the median of each figure.
func middle(rounds []HalfPeak) HalfPeak {
	of := func(figure func(HalfPeak) float64) float64 {
		values := make([]float64, len(rounds))
		for i, h := range rounds {
			values[i] = figure(h)
		}
		return median(values)
	}
	return HalfPeak{
		PerSecond: of(func(h HalfPeak) float64 { return h.PerSecond }),
		Answers:   of(func(h HalfPeak) float64 { return h.Answers }),
		P50:       of(func(h HalfPeak) float64 { return h.P50 }),
		P99:       of(func(h HalfPeak) float64 { return h.P99 }),
		P999:      of(func(h HalfPeak) float64 { return h.P999 }),
		Late:      of(func(h HalfPeak) float64 { return h.Late }),
		LateMost:  of(func(h HalfPeak) float64 { return h.LateMost }),
	}
}

// figures are what a contestant reached, round by round.
func (r *ServerResult) figures(contest, name string) (all []Figure) {
	for _, round := range r.Rounds {
		if f, measured := round[contest][name]; measured {
			all = append(all, f)
		}
	}
	return all
}

func perSecond(figures []Figure) []float64 {
	rates := make([]float64, len(figures))
	for i, f := range figures {
		rates[i] = f.PerSecond
	}
	return rates
}

// line tells what a contest of a round has measured.
func (r ServerRound) line(n int, c *contest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "round %d  %-10s", n+1, c.name)
	for _, e := range c.entries {
		if f, measured := r[c.name][e.name]; measured {
			fmt.Fprintf(&b, "  %s %.0f/s", e.name, f.PerSecond)
		}
	}
	return b.String()
}
