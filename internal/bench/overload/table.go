package overload

import (
	"fmt"
	"strings"
)

// Table is the result for a terminal.
func (r *Result) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d MiB, %s, database %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.MemoryMiB,
		r.Machine.Go, r.Database)
	fmt.Fprintf(&b, "%8s %10s %10s %10s %8s %12s %12s %12s %6s\n", "load", "offered/s", "served/s", "refused/s", "others",
		"served p50", "served p99", "refused p99", "late")
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "%7.1fx %10.0f %10.0f %10.0f %8.0f %9.1f ms %9.1f ms %9.1f ms %6.0f\n", s.Multiple, s.Offered, s.Goodput,
			s.Refused, s.Others, s.ServedP50MS, s.ServedP99MS, s.RefusedP99MS, s.LateSends)
	}
	fmt.Fprintf(&b, "past the capacity goodput is %.0f %% of its peak or better; p99 of those served is at most %.0f ms\n",
		100*r.GoodputVsPeak, r.ServedP99MS)
	fmt.Fprintf(&b, "%s\n", r.Recovery.verdict())
	fmt.Fprintf(&b, "answers other than 201 and 503: %d; every hold that was granted is in the database, and no other\n", r.Others)
	return b.String()
}

// verdict says in a sentence how soon all was well again.
func (r *Recovery) verdict() string {
	if r.RecoveredMS == nil {
		return "When commits were fast again, the server did not recover while the load went on."
	}
	return fmt.Sprintf("When commits were fast again, everybody was served as fast as before within %.0f ms.", *r.RecoveredMS)
}
