package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Table is the result for a terminal: medians and, in brackets, the least and the most of the rounds.
func (r *CheckerResult) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d MiB, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.MemoryMiB, r.Machine.Go)
	fmt.Fprintf(&b, "%11s %10s %24s %8s %12s %8s %8s\n", "operations", "commits", "seconds", "cpu s", "operations/s", "MiB", "rounds")
	for _, s := range r.Sizes {
		seconds := s.each(func(j Judged) float64 { return j.Seconds })
		middle := median(seconds)
		fmt.Fprintf(&b, "%11d %10d %24s %8.2f %12.0f %8.0f %8d\n", s.Operations, s.Commits,
			fmt.Sprintf("%.2f (%.2f to %.2f)", middle, slices.Min(seconds), slices.Max(seconds)),
			median(s.each(func(j Judged) float64 { return j.CPUSeconds })), float64(s.Operations)/middle,
			median(s.each(func(j Judged) float64 { return j.PeakMiB })), len(seconds))
	}
	if len(r.Sizes) > 1 {
		before, last := r.Sizes[len(r.Sizes)-2], r.Sizes[len(r.Sizes)-1]
		fmt.Fprintf(&b, "the last step took %.1fx as long; n log n is %.1fx\n", r.median(last)/r.median(before),
			nLogN(last.Operations)/nLogN(before.Operations))
	}
	if f := r.Follow; f != nil {
		fmt.Fprintf(&b, "following the binlog costs %.1f %%: %.0f holds/s instead of %.0f, closed loop, %d connections\n",
			100*f.Cost, f.Followed, f.Alone, f.Connections)
	}
	return b.String()
}

func (r *CheckerResult) median(s CheckerSize) float64 {
	return median(s.each(func(j Judged) float64 { return j.Seconds }))
}

func nLogN(n int64) float64 { return float64(n) * math.Log(float64(n)) }
