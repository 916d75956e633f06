package plots

import (
	"strings"
	"testing"
)

func TestSweep(t *testing.T) {
	values := func(medians ...float64) (all []SweepValue) {
		for _, m := range medians {
			all = append(all, SweepValue{Median: m, Least: 0.9 * m, Most: 1.1 * m})
		}
		return all
	}
	f := Sweep{
		Name: "bench-scale-active-holds", Title: "Active holds", Caption: "Flat.", Setting: "active holds",
		Settings: []int64{0, 1000, 1_000_000}, Curves: []string{"holds", "reads"},
		Panels: []SweepPanel{
			{Name: "Requests a second", Lines: [][]SweepValue{values(30000, 29000, 31000), values(60000, 61000, 59000)}},
			{Name: "Latency", Unit: "ms", Log: true, Lines: [][]SweepValue{values(8, 9, 10), values(4, 4, 5)},
				Dashed: [][]SweepValue{values(4, 4, 5), values(2, 2, 2)}},
			{Name: "Commands a commit", Log: true, Lines: [][]SweepValue{values(130, 131, 129), nil}},
		},
	}.Figure()
	svg := render(t, &f)
	for _, want := range []string{"1k", "1M", "60,000", "10 ms", "Commands a commit", "holds", "reads"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the plot does not say %q", want)
		}
	}
	for _, want := range []string{
		"active holds: ", "Requests a second, reads: 60000 at 0, 59000 at 1,000,000", "Latency, holds: 8.00 ms at 0, 10.0 ms at 1,000,000",
	} {
		if !strings.Contains(f.Alt, want) {
			t.Errorf("the alt text does not say %q: %s", want, f.Alt)
		}
	}
	if strings.Contains(f.Alt, "Commands a commit, reads") {
		t.Errorf("the alt text tells what was not measured: %s", f.Alt)
	}
}

func TestSweepLabelsWhatFits(t *testing.T) {
	var labels []string
	for _, tick := range (Sweep{Settings: []int64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}}).settings().ticks {
		labels = append(labels, tick.Label)
	}
	if got := strings.Join(labels, " "); got != "1  4  16  64  256  1,024" {
		t.Errorf("labels %q", got)
	}
}
