package fault

import (
	"context"
	"time"
)

// Fault is one harm to one victim. Its methods are called in the order Inject, Bitten, Heal, by one goroutine.
type Fault interface {
	// Inject does the harm, which may take a while: a rolling restart is over when it returns, and who is to be
	// killed in a sweep must be caught in one. An error means that it was not done, or only in part: Heal is called
	// all the same.
	Inject(ctx context.Context) error
	// Bitten asks the victim for a sign of the harm, again and again until it gives one or the fault is over. An empty
	// sign: nothing so far.
	Bitten(ctx context.Context) (sign string)
	// Heal takes the harm back, and returns when what was harmed is started or open again. After an error it may be
	// called again.
	Heal(ctx context.Context) error
}

// Convalescent is a Fault whose harm lasts until Heal returns; that of other faults ends when Heal is called. Of such a
// kind is a database that replays its logs, or a server that drains.
type Convalescent interface {
	Fault
	Convalesces()
}

// Order is one planned fault: a kind, a victim, a time.
type Order struct {
	Kind    string        // one of Kinds
	At      time.Duration // from the run's start
	Hand    int           // whose it is: a hand does one thing after the other
	Latest  time.Duration // one of a row that has not begun by then stays away; 0: it must come
	For     time.Duration // from the end of Inject to Heal; of no meaning for a rolling restart
	Server  int           // which server is the victim, or its road; of no meaning where the database is
	Latency time.Duration // of a slow road: on each way
	Jitter  time.Duration // up to so much more, drawn for every packet
	Share   float64       // of what passes, how much is lost
	By      time.Duration // of a wrong clock: how wrong
	Seed    uint64        // of what the fault itself draws
}

// Needs say what a system must have, so that a kind of fault can be injected.
type Needs struct {
	OwnDatabase   bool // a database server of the run's own
	SmallDisk     bool // its data on a disk that can be filled
	DatabaseRoads bool // a road of its own from each server to the database
	ClientRoads   bool // a road of its own from the clients to each server
	Balancer      bool // one address for all servers, which sends requests to those that are ready
}

// Or is what either needs.
func (n Needs) Or(more Needs) Needs {
	return Needs{
		OwnDatabase:   n.OwnDatabase || more.OwnDatabase,
		SmallDisk:     n.SmallDisk || more.SmallDisk,
		DatabaseRoads: n.DatabaseRoads || more.DatabaseRoads,
		ClientRoads:   n.ClientRoads || more.ClientRoads,
		Balancer:      n.Balancer || more.Balancer,
	}
}
