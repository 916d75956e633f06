package checker

// lapseSlackUS is what the sweep may take beyond two intervals, on a busy machine.
const lapseSlackUS = 1_000_000

// calm knows by when a lapsed hold must have been swept.
type calm struct {
	graceUS     int64
	endUS       int64       // a database time that was reached before the tables were read
	storms      []faultSpan // no promise of timeliness holds here
	interrupted bool
	sweeps      bool
}

// faultSpan is a fault's window in database time.
type faultSpan struct{ from, to int64 }

func newCalm(ix *index) calm {
	sweep := ix.run.Server.SweepIntervalUS
	c := calm{
		graceUS:     2*sweep + lapseSlackUS + max(ix.clock.stallUS(), ix.run.Sends.WorstLateNS/1000),
		endUS:       ix.clock.last(),
		interrupted: ix.run.Interrupted != "",
		sweeps:      sweep > 0,
	}
	for _, fault := range ix.run.Faults {
		span := faultSpan{from: ix.clock.atLeast(fault.Injected), to: ix.clock.atMost(fault.Healed)}
		if fault.Healed < fault.Injected { // never healed
			span.to = ix.clock.atMost(ix.run.ElapsedNS)
		}
		c.storms = append(c.storms, span)
	}
	return c
}

// overdue tells whether a hold that lapsed at one time must not be swept as late as another.
func (c calm) overdue(lapsed, swept int64) bool {
	if !c.sweeps || c.interrupted || swept <= lapsed+c.graceUS {
		return false
	}
	for _, span := range c.storms {
		if lapsed <= span.to && span.from <= swept && swept-span.to <= c.graceUS {
			return false
		}
	}
	return true
}
