package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"flashsale/internal/evidence"
)

const (
	driftPPM     = 500   // how far two sound clocks may drift apart: NTP's own limit
	stepSlackUS  = 1_000 // smaller jumps between two probes are taken for noise
	probeIdealNS = 1_000_000_000
)

// clock ties client time (nanoseconds since the run's start) to database time (microseconds since the epoch)
// by the run's probes. A probe says: the database read D at some instant between Before and After. Every
// bound it gives is rigorous, up to the drift of sound clocks.
type clock struct {
	probes []evidence.ClockProbe // by Before,
	begun  []int64               // which is here once more, for a quicker search
	step   string                // says where the database's clock jumped; empty if it did not
}

func newClock(probes []evidence.ClockProbe) *clock {
	c := &clock{probes: slices.Clone(probes)}
	slices.SortFunc(c.probes, func(a, b evidence.ClockProbe) int { return cmp.Compare(a.Before, b.Before) })
	for _, p := range c.probes {
		c.begun = append(c.begun, p.Before)
	}
	for i := 1; i < len(c.probes); i++ {
		p, q := c.probes[i-1], c.probes[i]
		if low, high := lower(p, q.Before), upper(p, q.After); q.Database < low-stepSlackUS || q.Database > high+stepSlackUS {
			off := max(q.Database-high, 0) + min(q.Database-low, 0)
			c.step = fmt.Sprintf("the database's clock jumped by %d ms, %d s into the run", off/1000, q.Before/1e9)
			break
		}
	}
	return c
}

// lower is the least that the database's clock can have shown at client time ns, by one probe.
func lower(p evidence.ClockProbe, ns int64) int64 {
	return p.Database + (ns-p.After)/1000 - drift(ns-p.After)
}

// upper is the most that the database's clock can have shown at client time ns, by one probe.
func upper(p evidence.ClockProbe, ns int64) int64 {
	return p.Database + (ns-p.Before)/1000 + drift(ns-p.Before)
}

func drift(ns int64) int64 {
	if ns < 0 {
		ns = -ns
	}
	return ns/1000*driftPPM/1_000_000 + 1
}

// atLeast is the least that the database's clock can have shown at client time ns; 0 without probes.
func (c *clock) atLeast(ns int64) int64 {
	bound := int64(0)
	for _, p := range c.near(ns) {
		bound = max(bound, lower(p, ns))
	}
	return bound
}

// atMost is the most that the database's clock can have shown at client time ns; MaxInt64 without probes.
func (c *clock) atMost(ns int64) int64 {
	bound := int64(math.MaxInt64)
	for _, p := range c.near(ns) {
		bound = min(bound, upper(p, ns))
	}
	return bound
}

// near returns the probes on either side of ns.
func (c *clock) near(ns int64) []evidence.ClockProbe {
	after, _ := slices.BinarySearch(c.begun, ns)
	return c.probes[max(after-1, 0):min(after+1, len(c.probes))]
}

// last is a database time that had been reached when the final tables were read; 0 without probes.
func (c *clock) last() int64 {
	if len(c.probes) == 0 {
		return 0
	}
	return c.probes[len(c.probes)-1].Database
}

// stallUS is the longest time for which the machine seems to have stood still: probes are due every second,
// and their round trip is short. A server on that machine stood still as well, and cannot be blamed for it. What
// passed while a fault lasted does not count: it was the database that did not answer, and nobody else stood still.
func (c *clock) stallUS(faults []span) int64 {
	stall := int64(0)
	for i, p := range c.probes {
		stall = max(stall, outside(faults, p.Before, p.After))
		if i > 0 {
			stall = max(stall, outside(faults, c.probes[i-1].After, p.After)-probeIdealNS)
		}
	}
	return stall / 1000
}
