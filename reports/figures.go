package reports

import (
	"fmt"
	"time"

	"flashsale/internal/evidence"
	"flashsale/reports/wording"
)

// figures is the table of operations, then the stock and how well the open model kept its times.
func (p *screen) figures(stats Stats, run *evidence.Run) {
	p.line("%-14s%9s%9s%9s%9s%10s%10s%10s", "operation", "ok", "refused", "unknown", "per s", "p50", "p99", "max")
	for _, k := range stats.Kinds {
		p.line("%-14s%9s%9s%9s%9s%10s%10s%10s", k.Kind, wording.Count(k.OK),
			wording.Count(k.Refused), wording.Count(k.Unknown), wording.Count(int64(k.PerSecond+0.5)),
			wording.Latency(k.P50), wording.Latency(k.P99), wording.Latency(k.Max))
	}
	if len(stats.Kinds) == 0 {
		p.line("%sno operation was recorded", indent)
	} else {
		p.wrapped("", "", fmt.Sprintf("latency runs from the intended start; %s, %s late, the latest by %s",
			wording.Plural(run.Sends.Total, "send"), wording.Count(run.Sends.Late),
			wording.Latency(time.Duration(run.Sends.WorstLateNS))))
	}
	if s := stats.Stock; s != nil {
		p.line("stock: %s of %s units sold, of %s", wording.Count(s.Sold), wording.Count(s.Total),
			wording.Plural(int64(s.Products), "product"))
	}
}
