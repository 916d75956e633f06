package measure

import (
	"cmp"
	"slices"
	"time"

	"flashsale/internal/evidence"
)

// Clock places database times on the run's own time axis, by the run's clock probes. It serves the eye: it takes the
// middle of a probe for the instant at which the database answered. Judging needs bounds, see the checker.
type Clock struct {
	probes []evidence.ClockProbe // by Database
}

// NewClock makes a clock of a run's probes.
func NewClock(probes []evidence.ClockProbe) Clock {
	sorted := slices.Clone(probes)
	slices.SortFunc(sorted, func(a, b evidence.ClockProbe) int { return cmp.Compare(a.Database, b.Database) })
	return Clock{probes: sorted}
}

// Known tells whether there is any probe to place times by.
func (c Clock) Known() bool { return len(c.probes) > 0 }

// Start is the database time of the first probe, which was made when the run began; 0 without one.
func (c Clock) Start() int64 {
	if !c.Known() {
		return 0
	}
	return c.probes[0].Database
}

// SinceStart places a database time, in microseconds since the Unix epoch, by the probe next to it.
func (c Clock) SinceStart(us int64) time.Duration {
	i, _ := slices.BinarySearchFunc(c.probes, us, func(p evidence.ClockProbe, us int64) int {
		return cmp.Compare(p.Database, us)
	})
	switch {
	case len(c.probes) == 0:
		return 0
	case i == len(c.probes), i > 0 && us-c.probes[i-1].Database < c.probes[i].Database-us:
		i--
	}
	p := c.probes[i]
	return time.Duration(p.Before+(p.After-p.Before)/2) + microseconds(us-p.Database)
}
