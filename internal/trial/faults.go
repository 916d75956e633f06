package trial

import (
	"errors"
	"fmt"

	"flashsale/internal/lab"
	"flashsale/scenarios"
	"flashsale/simulator/fault"
)

// errDiskDies says why two kinds of faults exclude each other.
var errDiskDies = errors.New("disk-full and database-kill do not go together: " +
	"the disk that can be filled is in memory, and gone with the database")

// CheckFaults says which fault of a scenario cannot befall a system, and what a person does about that; nil: all can.
func CheckFaults(sc *scenarios.Scenario, system System) error {
	smallDisk, killed := false, false
	for _, kind := range faultKinds(sc) {
		if why := system.spares(kind); why != "" {
			return fmt.Errorf("scenario %s: %s %s", sc.Name, kind.Name, why)
		}
		smallDisk = smallDisk || kind.Needs.SmallDisk
		killed = killed || kind.Name == "database-kill"
	}
	if smallDisk && killed {
		return fmt.Errorf("scenario %s: %w", sc.Name, errDiskDies)
	}
	return nil
}

func (t Target) spares(fault.Kind) (why string) {
	return "needs servers of the run's own: leave out --target"
}

func (l Lab) spares(kind fault.Kind) (why string) {
	if kind.Needs.OwnDatabase && l.DSN != "" {
		return "needs a database server of the run's own: leave out --dsn"
	}
	return ""
}

// faultKinds are all that may be drawn for a run of the scenario, whatever the seed: its runs are of one system.
func faultKinds(sc *scenarios.Scenario) (kinds []fault.Kind) {
	for _, f := range sc.Faults {
		for _, name := range f.Kind {
			if kind, known := fault.Lookup(name); known {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// smallDisk is what a database gets that is to run out of it, in bytes: enough for the files that it starts with, and
// for what a storm commits until then.
const smallDisk = 256 << 20

// prepareFaults adds to a lab what the scenario's faults need.
func prepareFaults(o *lab.Options, sc *scenarios.Scenario) {
	var needs fault.Needs
	for _, kind := range faultKinds(sc) {
		needs = needs.Or(kind.Needs)
	}
	o.DatabaseRoads, o.ClientRoads, o.Balancer = needs.DatabaseRoads, needs.ClientRoads, needs.Balancer
	if needs.SmallDisk {
		o.DiskBytes = smallDisk
	}
}

// harm is a lab as its faults see it; who counts what clients meet is for the clients to add.
func harm(l *lab.Lab) fault.System {
	s := fault.System{Database: harmDatabase(l), Ready: l.Ready}
	for _, victim := range l.Victims() {
		server := fault.Server{
			Process: victim, Pauser: victim, Drainer: victim.Drainer(), Clock: victim.Clock(), Sweeps: victim,
		}
		if r := victim.DatabaseRoad(); r != nil {
			server.Database = road{r}
		}
		if r := victim.ClientRoad(); r != nil {
			server.Clients = road{r}
		}
		s.Servers = append(s.Servers, server)
	}
	return s
}

// harmDatabase leaves out what a server of somebody else's does not let us do. An interface that holds a nil pointer
// would not be nil.
func harmDatabase(l *lab.Lab) (d fault.Database) {
	if victim := l.Database().Victim(); victim != nil {
		d.Process, d.Pauser, d.Commit = victim, victim, l.Database().Commit
	}
	if sessions := l.Database().Sessions(); sessions != nil {
		d.Sessions = sessions
	}
	if disk := l.Database().Disk(); disk != nil {
		d.Disk = disk
	}
	return d
}

// road is a lab's, which knows nothing of faults.
type road struct{ *lab.Road }

func (r road) Cut(c fault.Cut) {
	switch c.When {
	case fault.BeforeSent:
		r.CutBefore(c.Share, c.Seed)
	case fault.AfterDone:
		r.CutAfter(c.Share, c.Seed)
	case fault.Never:
		r.Mend()
	}
}
