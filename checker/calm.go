package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// lapseSlackUS is what the sweep may take beyond two intervals, on a busy machine.
const lapseSlackUS = 1_000_000

// calm knows by when a lapsed hold must have been swept.
type calm struct {
	graceUS     int64
	endUS       int64  // a database time that was reached before the tables were read
	storms      []span // of database time, by from: no promise of timeliness holds here
	interrupted bool
	sweeps      bool
}

// span is a time from one instant to another, of whichever clock.
type span struct{ from, to int64 }

func newCalm(ix *index) calm {
	sweep := ix.run.Server.SweepIntervalUS
	faults := faultSpans(ix.run)
	c := calm{
		graceUS:     2*sweep + lapseSlackUS + max(ix.clock.stallUS(faults), ix.run.Sends.WorstLateNS/1000),
		endUS:       ix.clock.last(),
		interrupted: ix.run.Interrupted != "",
		sweeps:      sweep > 0,
	}
	for _, fault := range faults {
		c.storms = append(c.storms, span{ix.clock.atLeast(fault.from), ix.clock.atMost(fault.to)})
	}
	slices.SortFunc(c.storms, byFrom)
	return c
}

// faultSpans is when faults lasted, from injection until the system had got over them: in client time, in order, and
// no two of them touch.
func faultSpans(run *evidence.Run) []span {
	var all []span
	for _, f := range run.Faults {
		all = append(all, span{f.Injected, f.Over(run.ElapsedNS)})
	}
	slices.SortFunc(all, byFrom)
	joined := all[:0]
	for _, s := range all {
		if last := len(joined) - 1; last >= 0 && s.from <= joined[last].to {
			joined[last].to = max(joined[last].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

func byFrom(a, b span) int { return cmp.Compare(a.from, b.from) }

// outside is how long it is from one instant to another without the spans, which must not touch each other.
func outside(spans []span, from, to int64) int64 {
	left := to - from
	for _, s := range spans {
		left -= max(min(s.to, to)-max(s.from, from), 0)
	}
	return left
}

// overdue tells whether a hold that lapsed at one time must not be swept as late as another.
func (c calm) overdue(lapsed, swept int64) bool {
	return c.sweeps && !c.interrupted && swept > c.due(lapsed)
}

// due is when a hold that lapsed must have been swept. What falls due in a storm is due as long after the storm.
func (c calm) due(lapsed int64) int64 {
	due := lapsed + c.graceUS
	for _, storm := range c.storms {
		if storm.from <= due && lapsed <= storm.to {
			due = max(due, storm.to+c.graceUS)
		}
	}
	return due
}
