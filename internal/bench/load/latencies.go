package load

import (
	"math"
	"slices"
	"time"
)

// Latencies are in ascending order once they are merged.
type Latencies []time.Duration

// merged puts the latencies of all connections in order.
func merged(each []Latencies) Latencies {
	all := slices.Concat(each...)
	slices.Sort(all)
	return all
}

// Quantile is the least latency that a share q of all did not exceed; 0 of none.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(l))))
	return l[min(max(rank, 1), len(l))-1]
}
