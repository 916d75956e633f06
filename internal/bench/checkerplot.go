package bench

import (
	"fmt"
	"slices"

	"flashsale/reports/plots"
)

// Plot draws how time and memory grow with the size of the run.
func (r *CheckerResult) Plot() plots.Scaling {
	return plots.Scaling{
		Name: "bench-checker", Title: "What a verdict costs",
		Caption: fmt.Sprintf("flashsale check on runs of growing size, decoding included, each as a process of its own on %d cores. "+
			"Both axes are logarithmic; lower is better.", r.Machine.Cores),
		Panels: []plots.ScalingPanel{
			{Name: "Time by operations", Unit: "s", Samples: r.samples(func(j Judged) float64 { return j.Seconds }),
				Like: func(n float64) float64 { return nLogN(int64(n)) }, LikeIs: "n log n"},
			{Name: "Most memory by operations", Unit: "MiB", Samples: r.samples(func(j Judged) float64 { return j.PeakMiB })},
		},
	}
}

func (r *CheckerResult) samples(figure func(Judged) float64) []plots.Sample {
	samples := make([]plots.Sample, len(r.Sizes))
	for i, s := range r.Sizes {
		values := s.each(figure)
		samples[i] = plots.Sample{Size: float64(s.Operations), Median: median(values), Least: slices.Min(values), Most: slices.Max(values)}
	}
	return samples
}
