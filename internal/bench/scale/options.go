package scale

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options set the sweeps up.
type Options struct {
	Only        []string      // sweeps by name; empty: all, in the order of Names
	Points      []int64       // points of the one sweep that Only names; empty: its own
	DSN         string        // database server to use; empty: private ones
	Image       string        // run the private ones in containers of this image
	Rounds      int           // each measures every point once
	Measure     time.Duration // per point and round, after a warm-up
	Connections int           // in a closed loop, where they are not what is swept
	Seed        uint64        // of which product each request asks for
	Binary      string        // our own program; empty: the running one
	Report      func(text string)
}

// ConnectionsMax bounds the connections of one load.
const ConnectionsMax = 4096

// Names lists the sweeps in the order in which they run.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Validate says what is wrong with options, in the words of the command's flags, or nil.
func (o Options) Validate() error {
	switch {
	case o.Rounds < 1 || o.Rounds > 1000:
		return fmt.Errorf("--rounds %d: from 1 to 1000", o.Rounds)
	case o.Measure < 50*time.Millisecond || o.Measure > time.Hour:
		return fmt.Errorf("--measure %s: from 50ms to 1h", o.Measure)
	case o.Connections < 1 || o.Connections > ConnectionsMax:
		return fmt.Errorf("--connections %d: from 1 to %d", o.Connections, ConnectionsMax)
	case len(o.Points) > 0 && len(o.Only) != 1:
		return fmt.Errorf("--points: they are of one sweep, which --only must name")
	}
	for i, name := range o.Only {
		switch {
		case !slices.Contains(Names(), name):
			return fmt.Errorf("--only %s: one of %s", name, strings.Join(Names(), ", "))
		case slices.Contains(o.Only[:i], name):
			return fmt.Errorf("--only %s: twice", name)
		case name == fsync && o.DSN != "":
			return fmt.Errorf("--only %s: needs database servers of its own, so it does not go with --dsn", fsync)
		}
	}
	for _, k := range o.chosen() {
		if err := k.validate(o.points(k)); err != nil {
			return err
		}
	}
	return nil
}

// chosen is what to run. The durability of a server that others use is not ours to switch off.
func (o Options) chosen() []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool {
		return len(o.Only) > 0 && !slices.Contains(o.Only, k.name) || k.name == fsync && o.DSN != ""
	})
}

// points are where a sweep is measured.
func (o Options) points(k kind) []int64 {
	if len(o.Points) > 0 {
		return o.Points
	}
	return k.points
}

func (k kind) validate(points []int64) error {
	for i, p := range points {
		if p < k.least || p > k.most {
			return fmt.Errorf("--points %d: %s go from %d to %d", p, k.setting, k.least, k.most)
		}
		if i > 0 && p <= points[i-1] {
			return fmt.Errorf("--points %d: must be more than the %d before it", p, points[i-1])
		}
	}
	return nil
}
