package plots

import (
	"strings"
	"testing"
)

func TestChart(t *testing.T) {
	f := Chart{Name: "overload", Title: "More than it can take", Caption: "Goodput stays.", Alt: "A plateau.",
		Lines: []string{"offered", "served", "p99"}, Panels: []ChartPanel{
			{Name: "Rates", XUnit: "/s", YUnit: "/s", Points: [][]ChartPoint{{{500, 500}, {3000, 3000}}, {{500, 500}, {3000, 1000}}, nil}},
			{Name: "Latency", XUnit: " s", YUnit: " ms", Log: true, Points: [][]ChartPoint{nil, nil, {{0, 12}, {4, 700}}},
				Shaded: &ChartSpan{Name: "slow commits", From: 1, To: 3}},
		}}.Figure()
	svg := render(t, &f)
	for _, want := range []string{"offered", "served", "p99", "slow commits", "Rates", "Latency", "2,000/s", "100 ms", "4 s"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the plot does not say %q", want)
		}
	}
}
