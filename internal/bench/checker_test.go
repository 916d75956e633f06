package bench

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"flashsale/checker"
	"flashsale/internal/bench/synth"
)

func someCheckerResult() *CheckerResult {
	r := &CheckerResult{Machine: Machine{CPU: "Abacus", Cores: 2}, Seconds: map[string]float64{}, PeakMiB: map[string]float64{},
		Sizes: []CheckerSize{
			{Asked: 10_000, Operations: 9_900, Commits: 1_500, Judged: []Judged{{0.3, 0.2, 40, 0}, {0.1, 0.2, 44, 0}, {0.2, 0.2, 42, 0}}},
			{Asked: 100_000, Operations: 101_000, Commits: 13_000, Judged: []Judged{{Seconds: 2, CPUSeconds: 3, PeakMiB: 99}}},
		},
		Follow: &FollowResult{Connections: 256, Rounds: []FollowRound{{Alone: 1000, Followed: 900}, {Alone: 2000, Followed: 1500}}},
	}
	r.summarize()
	r.Follow.summarize()
	return r
}

func TestCheckerResultSaysMedians(t *testing.T) {
	r := someCheckerResult()
	if r.Seconds["10000"] != 0.2 || r.PeakMiB["10000"] != 42 || r.Seconds["100000"] != 2 {
		t.Errorf("%v s, %v MiB", r.Seconds, r.PeakMiB)
	}
	if f := r.Follow; f.Alone != 1500 || f.Followed != 1200 || math.Abs(f.Cost-0.175) > 1e-9 {
		t.Errorf("%+v", f)
	}
	table := r.Table()
	for _, want := range []string{"Abacus", "0.20 (0.10 to 0.30)", "101000", "49500", "10.0x as long; n log n is 12.8x", "costs 17.5 %"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	panels := r.Plot().Panels
	if time := panels[0].Samples; len(panels) != 2 || time[0].Least != 0.1 || time[0].Most != 0.3 || time[1].Size != 101_000 {
		t.Errorf("plotted %+v", panels)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v", c.values, got)
		}
	}
}

// BenchmarkCheck judges made-up runs in this process, decoding included.
func BenchmarkCheck(b *testing.B) {
	for _, operations := range []int64{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(operations), func(b *testing.B) {
			dir := b.TempDir()
			run, err := synth.Write(b.Context(), dir, synth.Options{Operations: operations, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := checker.Check(b.Context(), dir); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(run.Declared.Operations)/b.Elapsed().Seconds(), "operations/s")
		})
	}
}
