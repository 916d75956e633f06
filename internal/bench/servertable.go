package bench

import (
	"fmt"
	"strings"

	"flashsale/reports/wording"
)

// Table is the result for a terminal: medians and, in brackets, the least and the most of the rounds. "Ours is" compares
// with our server in the same contest, by the median of the rounds' ratios.
func (r *ServerResult) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d MiB, %s, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.MemoryMiB,
		r.Machine.Go, r.Machine.Platform)
	fmt.Fprintf(&b, "database %s, every commit durable", r.Machine.Database)
	if r.Machine.FsyncMicros > 0 {
		fmt.Fprintf(&b, "; its disk flushes 4 KiB in %.0f us", r.Machine.FsyncMicros)
	}
	fmt.Fprintf(&b, "\nclosed loop, %d connections, %s of %.1f s each; %d active holds at the start\n\n", r.Connections,
		wording.Plural(int64(len(r.Rounds)), "round"), r.MeasureSeconds, r.Active)
	fmt.Fprintf(&b, "%-42s %-30s %8s   %s\n", "", "per second", "ours is", "CPU us a request: server, database, load")
	contest := ""
	for _, c := range r.Contestants {
		if c.Contest != contest {
			contest = c.Contest
			fmt.Fprintf(&b, "%s\n", contest)
		}
		b.WriteString(r.row(c))
	}
	p := r.HalfPeak
	fmt.Fprintf(&b, "\nat half of the peak, open loop, %.0f holds/s: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms; ", p.PerSecond, p.P50,
		p.P99, p.P999)
	fmt.Fprintf(&b, "%.0f of %.0f sent late, at most %.1f ms (medians of the rounds)\n", p.Late, p.Answers, p.LateMost)
	fmt.Fprintf(&b, "%s\n", r.Truth)
	return b.String()
}

func (r *ServerResult) row(c Contestant) string {
	if c.Missing != "" {
		return fmt.Sprintf("  %-40s not measured: %s\n", c.Name, c.Missing)
	}
	rates := fmt.Sprintf("%.0f (%.0f to %.0f)", c.Median, c.Least, c.Most)
	return fmt.Sprintf("  %-40s %-30s %8s   %s\n", c.Name, rates, r.compared(c), c.CPU)
}

// compared says how much faster we are than a contestant, where that is one of the ratios.
func (r *ServerResult) compared(c Contestant) string {
	for _, ratio := range ratios {
		if value, known := r.Ratios[ratio.name]; known && ratio.contest == c.Contest && ratio.to == c.Name {
			return fmt.Sprintf("%.2fx", value)
		}
	}
	return ""
}

// String writes the parts that are known, a dash for the others.
func (c CPUPerAnswer) String() string {
	parts := make([]string, 3)
	for i, v := range []*float64{c.Server, c.Database, c.Load} {
		if parts[i] = "-"; v != nil {
			parts[i] = fmt.Sprintf("%.1f", *v)
		}
	}
	return fmt.Sprintf("%8s %8s %8s", parts[0], parts[1], parts[2])
}
