package plots

import (
	"math"
	"strings"
	"testing"
)

func TestScaling(t *testing.T) {
	like := func(n float64) float64 { return n * math.Log(n) }
	samples := []Sample{{1e4, 0.1, 0.09, 0.2}, {1e5, 0.4, 0.4, 0.5}, {1e6, 2.5, 2, 3}, {1e7, 14.4, 14.4, 14.4}}
	f := Scaling{Name: "checker", Title: "The cost of a verdict", Caption: "Lower is better.", Panels: []ScalingPanel{
		{Name: "Time", Unit: "s", Samples: samples, Like: like, LikeIs: "n log n"},
		{Name: "Memory", Unit: "MiB", Samples: samples[:1]},
	}}.Figure()
	svg := render(t, &f)
	for _, want := range []string{"14.4 s", "0.10 MiB", "10,000,000", "n log n", "Time", "Memory"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the plot does not say %q", want)
		}
	}
	if f.Alt != "Time 14.4 s at 10,000,000; Memory 0.1 MiB at 10,000." {
		t.Errorf("alt %q", f.Alt)
	}
}
