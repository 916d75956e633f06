package fault

import (
	"fmt"
	"strings"
)

// Kind is one way to harm a system.
type Kind struct {
	Name   string
	Why    string // what of the real world it stands for, in one line
	Needs  Needs
	Victim func(Order) string // who is harmed, as people are told
	make   func(Order, System) Fault
}

// Kinds lists all, in the order in which they are shown.
func Kinds() []Kind {
	database, small := Needs{OwnDatabase: true}, Needs{OwnDatabase: true, SmallDisk: true}
	databaseRoads, clientRoads := Needs{DatabaseRoads: true}, Needs{ClientRoads: true}
	return []Kind{
		{"server-kill", "a server crashes, with whatever it was about to commit or to answer",
			Needs{}, oneServer, serverKill},
		{"server-pause", "a server freezes, and wakes with open transactions and requests whose time is over",
			Needs{}, oneServer, serverPause},
		{"rolling-restart", "all servers are replaced one after the other, and no request may notice",
			Needs{Balancer: true}, allServers, newRollingRestart},
		{"server-clock", "a server's clock is wrong by hours", Needs{}, oneServer, newWrongClock},
		{"sweep-kill", "a server crashes while it releases lapsed holds", databaseRoads, oneServer, newSweepKill},

		{"database-kill", "the database crashes, and recovers from its logs", database, theDatabase, databaseKill},
		{"database-pause", "the database freezes with every lock held, and goes on", database, theDatabase, databasePause},
		{"database-connections", "the database has no connection left", database, theDatabase, newExhaustion},
		{"disk-full", "the database's disk is full", small, theDatabase, newFullDisk},

		{"database-latency", "the road from a server to the database is slow",
			databaseRoads, databaseRoad, databaseLatency},
		{"database-partition", "a server and the database cannot reach each other",
			databaseRoads, databaseRoad, databasePartition},
		{"commit-lost", "connections break before a COMMIT arrives", databaseRoads, databaseRoad, commitLost},
		{"commit-unanswered", "connections break after a COMMIT, and its answer is lost",
			databaseRoads, databaseRoad, commitUnanswered},

		{"client-latency", "the road from the clients to a server is slow", clientRoads, clientRoad, clientLatency},
		{"client-partition", "clients cannot reach a server, time out and try again",
			clientRoads, clientRoad, clientPartition},
		{"request-lost", "connections break before a request arrives", clientRoads, clientRoad, requestLost},
		{"answer-lost", "a request is done, and its answer is lost", clientRoads, clientRoad, answerLost},
	}
}

// Lookup finds a kind by its name.
func Lookup(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// New makes the fault that was ordered. An error says what the system lacks for it.
func New(o Order, s System) (Fault, error) {
	kind, ok := Lookup(o.Kind)
	if !ok {
		return nil, fmt.Errorf("unknown fault %q", o.Kind)
	}
	if o.Server < 0 || o.Server >= len(s.Servers) {
		return nil, fmt.Errorf("%s: there is no server %d: the system has %d", o.Kind, o.Server, len(s.Servers))
	}
	if missing := kind.Needs.missing(o, s); len(missing) > 0 {
		return nil, fmt.Errorf("%s needs %s, which this system has not", o.Kind, strings.Join(missing, " and "))
	}
	return kind.make(o, s), nil
}

// missing lists what is needed for an order and not there.
func (n Needs) missing(o Order, s System) (missing []string) {
	victim := s.Servers[o.Server]
	for _, part := range []struct {
		what        string
		needed, has bool
	}{
		{"a database server of the run's own", n.OwnDatabase, s.Database.Process != nil},
		{"a database on a disk that can be filled", n.SmallDisk, s.Database.Disk != nil},
		{"a road from the server to the database", n.DatabaseRoads, victim.Database != nil},
		{"a road from the clients to the server", n.ClientRoads, victim.Clients != nil},
		{"clients who count what goes unanswered", n.ClientRoads, s.Clients != nil},
		{"a balancer", n.Balancer, victim.Drainer != nil},
	} {
		if part.needed && !part.has {
			missing = append(missing, part.what)
		}
	}
	return missing
}

func oneServer(o Order) string    { return fmt.Sprintf("server-%d", o.Server) }
func allServers(Order) string     { return "servers" }
func theDatabase(Order) string    { return "database" }
func databaseRoad(o Order) string { return fmt.Sprintf("road server-%d to database", o.Server) }
func clientRoad(o Order) string   { return fmt.Sprintf("road clients to server-%d", o.Server) }
