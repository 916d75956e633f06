package bench

import "slices"

// Spread is what the rounds measured.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// median is the middle value, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 0:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	default:
		return sorted[n/2]
	}
}

// SpreadOf sums up what the rounds measured.
func SpreadOf(values []float64) *Spread {
	return &Spread{Median: median(values), Least: slices.Min(values), Most: slices.Max(values)}
}
