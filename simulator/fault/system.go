package fault

import (
	"context"
	"time"
)

// System is what a run can harm. Only what its faults need must be there.
type System struct {
	Servers  []Server
	Database Database
	// Ready returns nil when every server says that it is ready and answers a read that goes the clients' way.
	Ready func(ctx context.Context) error
	// Clients tell what they have met so far.
	Clients Clients
}

// Server is one replica of the checkout, with its roads.
type Server struct {
	Process  Process
	Pauser   Pauser
	Drainer  Drainer
	Clock    Clock
	Sweeps   Sweeps
	Database Road // from the server to the database
	Clients  Road // from the clients to the server
}

// Database is the database server.
type Database struct {
	Process  Process
	Pauser   Pauser
	Sessions Sessions
	Disk     Disk
	// Commit returns when the database has committed something that is no part of the run.
	Commit func(ctx context.Context) error
}

// Process is a program that can be ended and started again, at the same address and on the same data.
type Process interface {
	// Kill sends SIGKILL, and returns how the process ended, by the kernel's account, once it is gone.
	Kill(ctx context.Context) (end string, err error)
	// Start starts it again, and returns when it is ready.
	Start(ctx context.Context) error
	// Knock connects as its clients do and waits for the first word of an answer. The error is what a client meets.
	Knock(ctx context.Context) error
}

// Pauser stops a process for a while, with all that it holds.
type Pauser interface {
	Pause(ctx context.Context) error  // SIGSTOP
	Resume(ctx context.Context) error // SIGCONT
	// State is the process's state by the kernel's account, as "T (stopped)".
	State(ctx context.Context) (state string, stopped bool, err error)
}

// Drainer ends a server the polite way.
type Drainer interface {
	// Drain sends SIGTERM, and returns how the process ended when it did: "exit status 0" after a clean drain.
	Drain(ctx context.Context) (end string, err error)
	// Start starts it again, and returns when it is ready and whoever balances sends requests to it again.
	Start(ctx context.Context) error
}

// Clock is a server's own clock.
type Clock interface {
	// Set restarts the server, the polite way, with its clock wrong by so much.
	Set(ctx context.Context, by time.Duration) error
	// Off is how far the server itself sees its clock from the database's.
	Off(ctx context.Context) (time.Duration, error)
}

// Sweeps are the transactions in which a server releases lapsed holds.
type Sweeps interface {
	// Ambush waits for one, calls strike while it is on its way to the database, and lets it travel on.
	Ambush(ctx context.Context, strike func()) error
}

// Road is the network between two parts of the system.
type Road interface {
	// Slow delays every packet, each way, by latency and up to jitter more. Zeros: no longer.
	Slow(latency, jitter time.Duration)
	// Block holds everything back, new connections too, until it is called with false: then it all travels on.
	Block(blocked bool)
	// Cut resets connections, or with the zero Cut no longer does.
	Cut(Cut)
	// Cuts counts the connections that were cut so far.
	Cuts() int64
	// Knock goes the whole way, to the first word of an answer, and says how long that took.
	Knock(ctx context.Context) (time.Duration, error)
}

// Cut says which connections a road resets.
type Cut struct {
	When  When
	Share float64 // of the requests that pass: on the clients' road any, on the database's road those that commit
	Seed  uint64  // draws which
}

// When is the moment at which a connection is reset.
type When int

// The moments.
const (
	Never      When = iota
	BeforeSent      // the request never arrives
	AfterDone       // it arrives and is answered, and the answer is lost
)

// Sessions are the database's connections.
type Sessions interface {
	// Exhaust takes all that are left, ends the servers', so that the next one is refused.
	Exhaust(ctx context.Context) error
	// Release gives them back.
	Release(ctx context.Context) error
	// Refused counts the connections that the database itself says it has refused.
	Refused(ctx context.Context) (int64, error)
}

// Disk is where the database keeps its data.
type Disk interface {
	Fill(ctx context.Context) error
	Free(ctx context.Context) error
	// Full is what the disk has left, in bytes, and what the database has to say about that in its log ("": nothing).
	Full(ctx context.Context) (left int64, complaint string, err error)
}

// Clients are those who send requests.
type Clients interface {
	// Unanswered counts the calls that got no answer so far: connections reset or refused, time-outs.
	Unanswered() int64
}
