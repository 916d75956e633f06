package bench

import (
	"fmt"
	"strings"

	"flashsale/reports/wording"
)

// Table is the result for a terminal: medians and, in brackets, the least and the most of the rounds.
func (r *SimulatorResult) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d MiB, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.MemoryMiB, r.Machine.Go)
	fmt.Fprintf(&b, "%-11s %24s %12s %24s  %s\n", "program", "CPU us/request", "flashsale", "requests/s", "late sends")
	for _, p := range r.Programs {
		if p.Missing != "" {
			fmt.Fprintf(&b, "%-11s not measured: %s\n", p.Name, p.Missing)
			continue
		}
		ratio, late := "", ""
		if x, ok := r.Ratios[simulatorName+"_vs_"+p.Name]; ok {
			ratio = fmt.Sprintf("%.2fx", x)
		}
		if p.Late != nil {
			late = fmt.Sprintf("%.2f %% by %g ms", 100**p.Late, p.LateAfter)
		}
		fmt.Fprintf(&b, "%-11s %24s %12s %24s  %s\n", p.Name, p.Cost.text("%.1f"), ratio, p.Rate.text("%.0f"), late)
	}
	for _, p := range r.Programs {
		if p.Late != nil && *p.Late > lateMost {
			fmt.Fprintf(&b, "%s did not keep to its schedule, which makes it look cheap: give it a lower --rate or a quieter machine\n", p.Name)
		}
	}
	fmt.Fprintf(&b, "POST /api/holds over loopback, %d connections each, %s of %d s; flashsale is an open model and records its\n"+
		"history, the others are closed loops and record none\n", r.Connections, wording.Plural(int64(len(r.Rounds)), "round"), r.Seconds)
	return b.String()
}

// text writes the median and, in brackets, the range.
func (s *Spread) text(verb string) string {
	return fmt.Sprintf(verb+" ("+verb+" to "+verb+")", s.Median, s.Least, s.Most)
}
