package plots

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Two names fit beside each other; ten do not, and give way to their numbers.
func TestFaultsAreNumberedWhereNamesDoNotFit(t *testing.T) {
	for _, n := range []int64{2, 10} {
		run := someRun()
		for i := range n {
			at := 2e8 + i*3e9/n
			run.Faults = append(run.Faults, evidence.Fault{Name: "database-connections", Injected: at, Healed: at + 1e8,
				Recovered: at + 15e7})
		}
		figures := Of(run, &checker.Verdict{}, measure.Stats{Flow: someStats().Flow})
		svg := svgOf(t, &figures[0])
		named := n == 2
		if strings.Contains(svg, ">database-connections<") != named {
			t.Errorf("%d faults are named: %t, want %t", n, !named, named)
		}
		for i := range n {
			if strings.Contains(svg, fmt.Sprintf(">%d<", i+1)) == named {
				t.Errorf("fault %d of %d is numbered: %t, want %t", i+1, n, named, !named)
			}
		}
	}
}

// Faults that began before a timeline stand side by side at its beginning.
func TestFaultsFromBefore(t *testing.T) {
	run := someRun()
	run.Faults = []evidence.Fault{{Name: "server-kill", Injected: 1, Healed: 3e9, Recovered: 3e9},
		{Name: "answer-lost", Injected: 2, Healed: 3e9, Recovered: 3e9}}
	v := &checker.Verdict{Checks: []checker.Result{{Verdict: checker.Fail, Violations: []checker.Violation{{
		Operations: []checker.Operation{{ID: 1, Call: 1.5e9, Return: 1.5e9 + 1e6}}}}}}}
	figures := Of(run, v, measure.Stats{})
	svg := svgOf(t, &figures[0])
	if !strings.Contains(svg, ">server-kill<") || !strings.Contains(svg, ">answer-lost<") {
		t.Error("a fault of the moment has no name")
	}
}

func TestJoined(t *testing.T) {
	got := joined([]stretch{{5, 6}, {1, 3}, {2, 2.5}, {3, 4}})
	if want := []stretch{{1, 4}, {5, 6}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
