package scale

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"flashsale/reports/wording"
)

// Table is the sweep for a terminal: medians and, in brackets, the range of the rounds.
func (s *Sweep) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\tper second\t\tvs first\tp50 ms\tp99 ms\tcommands/commit\tcommits/s\tms/transaction\tcommits/group\t\n", s.Setting)
	for _, c := range s.Curves {
		if len(s.Curves) > 1 {
			fmt.Fprintf(w, "%s\t\t\t\t\t\t\t\t\t\t\n", c.Name)
		}
		for _, p := range c.Points {
			fmt.Fprintf(w, "%s\t%.0f\t(%.0f to %.0f)\t%.2fx\t%.2f\t%.2f\t%s\t%s\t%s\t%s\t\n", wording.Count(p.Setting),
				p.PerSecond.Median, p.PerSecond.Least, p.PerSecond.Most, p.VsFirst, p.P50.Median, p.P99.Median,
				orDash(p.CommandsPerCommit), orDash(p.CommitsPerSecond), orDash(p.TransactionMS), orDash(p.CommitsPerGroup))
		}
	}
	_ = w.Flush() // into memory
	return b.String() + s.Explanation + "\n"
}

// orDash leaves out what was not counted.
func orDash(x float64) string {
	if x == 0 {
		return "-"
	}
	return digits(x)
}
