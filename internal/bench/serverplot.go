package bench

import (
	"fmt"

	"flashsale/reports/plots"
)

// Plot draws who granted how many holds per second.
func (r *ServerResult) Plot() plots.Bars {
	bars := plots.Bars{
		Name: "bench-server", Title: "Holds granted per second", Unit: "/s",
		Caption: fmt.Sprintf("Closed loop, %d connections, %d cores shared by load, server and database. Ours and the strawmen "+
			"commit every hold to disk (%s), Redis and null keep nothing. Medians of %d rounds; higher is better.",
			r.Connections, r.Machine.Cores, r.Machine.Database, len(r.Rounds)),
	}
	for _, c := range r.Contestants {
		if c.Contest == contestHolds {
			bars.Bars = append(bars.Bars, plots.Bar{Name: c.Name, Median: c.Median, Least: c.Least, Most: c.Most,
				Ours: c.Name == ours || c.Name == oursKeyed, Missing: c.Missing})
		}
	}
	return bars
}
