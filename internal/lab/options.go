package lab

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options describe the system to set up. The zero value, with Products added, is one flashsale server on
// a private database.
type Options struct {
	RunID  string // names the database, flashsale_<run id>; empty: a random one
	DSN    string // the database server to use; empty: one of our own
	Image  string // run it in a container of this image; empty: only if it can be had in no other way
	LogDir string // existing directory for server-0.log ... and database.log; empty: a temporary one
	Keep   bool   // Close keeps the database, see Lab.Kept

	Kind           string        // KindFlashsale (default), KindStrawman, KindDatabase or KindFront
	Without        []string      // guards the strawman goes without
	CounterColumn  bool          // the strawman keeps what is held in a column instead of summing it up
	Counter        string        // of a KindFront: CounterMemory or CounterRedis
	Replicas       int           // servers on the one database; default 1
	HoldTTL        time.Duration // this and the next three: zero leaves it to the server
	SweepInterval  time.Duration
	MaxQty         int64
	RequestTimeout time.Duration
	BatchMax       int // commands that one transaction of KindFlashsale commits; 0 leaves it to the server
	Products       []Product

	DatabaseRoads bool // each server has a Road of its own to the database
	ClientRoads   bool // each server has a Road of its own from its clients, which URLs name
	Balancer      bool // one address for all servers, which sends requests in turn to those that are ready

	DiskBytes     int64 // of the disk of a database of our own, so that it can be filled, see database.Options; 0: any
	UnsafeNoFlush bool  // a database that may lose commits, see database.Options; for benchmarks alone

	Binary string       // our own program, for keeper and servers; empty: os.Executable()
	Logger *slog.Logger // what happens, for people; nil: nobody listens
}

// Product is put on sale before the servers start.
type Product struct {
	ID         int64
	Name       string
	Price      int64 // whole units of the shop's currency
	StockTotal int64
}

// replicasMax leaves room in a block of 128 ports: every server needs two, and two for its roads.
const replicasMax = 16

// withDefaults fills in what was left out.
func (o Options) withDefaults() (Options, error) {
	if o.RunID == "" {
		id := make([]byte, 8)
		if _, err := rand.Read(id); err != nil {
			return o, fmt.Errorf("draw a run id: %w", err)
		}
		o.RunID = hex.EncodeToString(id)
	}
	if o.Binary == "" {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find our own program: %w", err)
		}
		o.Binary = self
	}
	if o.Kind == "" {
		o.Kind = KindFlashsale
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Kind != KindDatabase && o.Replicas == 0 {
		o.Replicas = 1
	}
	return o, nil
}

// validate says what is wrong with options that are filled in.
func (o Options) validate() error {
	switch {
	case !slices.Contains([]string{KindFlashsale, KindStrawman, KindDatabase, KindFront}, o.Kind):
		return fmt.Errorf("kind of server %q: it is %s, %s, %s or %s", o.Kind, KindFlashsale, KindStrawman, KindDatabase, KindFront)
	case o.Kind != KindFlashsale && o.BatchMax != 0:
		return fmt.Errorf("only %s takes a limit on its batches", KindFlashsale)
	case o.Kind != KindStrawman && len(o.Without) > 0:
		return fmt.Errorf("only the %s can go without %s", KindStrawman, strings.Join(o.Without, ", "))
	case o.Kind != KindStrawman && o.CounterColumn:
		return fmt.Errorf("only the %s has a variant with a counter column", KindStrawman)
	case (o.Kind == KindFront) != (o.Counter != ""):
		return fmt.Errorf("a %s, and nothing else, has a counter", KindFront)
	case o.Counter != "" && o.Counter != CounterMemory && o.Counter != CounterRedis:
		return fmt.Errorf("counter %q: it is %s or %s", o.Counter, CounterMemory, CounterRedis)
	case o.Kind == KindFront && (o.DSN != "" || o.Image != "" || o.Keep):
		return fmt.Errorf("a %s has no database", KindFront)
	case (o.Kind == KindFront || o.Kind == KindDatabase) && (o.DatabaseRoads || o.ClientRoads):
		return fmt.Errorf("a %s has no roads", o.Kind)
	case (o.Kind == KindFront || o.Kind == KindDatabase) && o.Balancer:
		return fmt.Errorf("a %s has no balancer", o.Kind)
	case o.Keep && o.DiskBytes > 0:
		return fmt.Errorf("the database cannot be kept: its disk is in memory, so that it can be filled")
	case o.Kind == KindDatabase && o.Replicas != 0:
		return fmt.Errorf("%d replicas of no server", o.Replicas)
	case o.Kind != KindDatabase && (o.Replicas < 1 || o.Replicas > replicasMax):
		return fmt.Errorf("%d replicas: from 1 to %d", o.Replicas, replicasMax)
	case o.HoldTTL < 0 || o.SweepInterval < 0 || o.RequestTimeout < 0 || o.MaxQty < 0 || o.BatchMax < 0:
		return fmt.Errorf("hold ttl, sweep interval, request timeout, max qty and batch max must be positive")
	}
	return nil
}

func (o Options) limits() Limits {
	return Limits{HoldTTL: o.HoldTTL, SweepInterval: o.SweepInterval, MaxQty: o.MaxQty, RequestTimeout: o.RequestTimeout}
}

// Command is how the servers are started, apart from their addresses and the secret's file. It is not for KindFront,
// see FrontCommand.
func (o Options) Command() Command {
	limits := o.limits()
	command := FlashsaleCommand(limits)
	if o.Kind == KindStrawman {
		command = StrawmanCommand(limits, o.Without...)
	}
	if o.Balancer {
		command.Flags = append(command.Flags, "--drain-delay", drainDelay.String())
	}
	if o.CounterColumn {
		command.Flags = append(command.Flags, "--counter-column")
	}
	if o.BatchMax != 0 {
		command.Flags = append(command.Flags, "--batch-max", strconv.Itoa(o.BatchMax))
	}
	return command
}

// runIDMax keeps database names within MySQL's 64 characters.
const runIDMax = 64 - len("flashsale_")

// databaseName is flashsale_<run id>, with every character that a name cannot have replaced.
func databaseName(runID string) string {
	name := []byte(runID)
	for i, c := range name {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			name[i] = '_'
		}
	}
	return "flashsale_" + string(name[max(0, len(name)-runIDMax):])
}
