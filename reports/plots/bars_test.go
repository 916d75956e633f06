package plots

import (
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	f := Bars{Name: "bench", Title: "Us and others", Caption: "Longer is faster.", Unit: "/s", Bars: []Bar{
		{Name: "flashsale", Median: 30_000, Least: 28_000, Most: 33_000, Ours: true},
		{Name: "strawman", Median: 300, Least: 290, Most: 310},
		{Name: "redis", Missing: "redis-server is not on PATH"},
	}}.Figure()
	svg := render(t, &f)
	for _, want := range []string{"flashsale", "30,000/s", "strawman", "300/s", "not measured", "range of the rounds"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the plot does not say %q", want)
		}
	}
	if f.Alt != "flashsale 30,000/s; strawman 300/s; redis not measured." {
		t.Errorf("alt %q", f.Alt)
	}
}
