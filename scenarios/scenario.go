package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Scenario is one decoded scenario, defaults filled in. The package documentation explains the keys.
type Scenario struct {
	Name       string      `yaml:"name"`
	Why        string      `yaml:"why"`
	Seed       *uint64     `yaml:"seed,omitempty"` // nil: every run draws one
	Products   Products    `yaml:"products"`
	Server     Server      `yaml:"server"`
	Arrivals   Arrivals    `yaml:"arrivals"`
	Buyers     Buyers      `yaml:"buyers"`
	Payments   Payments    `yaml:"payments"`
	Faults     []Fault     `yaml:"faults,omitempty"`
	Quiesce    Quiesce     `yaml:"quiesce"`
	Thresholds []Threshold `yaml:"thresholds,omitempty"`
	Expect     Expect      `yaml:"expect,omitempty"`

	positions map[string]string // key path -> FILE:LINE:COL
}

// Products is what is on sale.
type Products struct {
	Count int      `yaml:"count"`
	Stock Numbers  `yaml:"stock"`
	Price Numbers  `yaml:"price"`
	Skew  float64  `yaml:"skew"`
	Names []string `yaml:"names"`
}

// Server is how the system under test is started.
type Server struct {
	HoldTTL        time.Duration `yaml:"hold_ttl"`
	SweepInterval  time.Duration `yaml:"sweep_interval"`
	MaxQty         int64         `yaml:"max_qty"`
	Replicas       int           `yaml:"replicas"`
	RequestTimeout time.Duration `yaml:"request_timeout"`
}

// Arrivals is who comes when. A send later than LateAfter counts as late; more than LateShare of
// them, and the open model was not one.
type Arrivals struct {
	Max       int64         `yaml:"max"`
	LateAfter time.Duration `yaml:"late_after"`
	LateShare Share         `yaml:"late_share"`
	Phases    []Phase       `yaml:"phases"`
}

// The kinds of phases.
const (
	Constant = "constant"
	Ramp     = "ramp"
	Spike    = "spike"
	Poisson  = "poisson"
	Burst    = "burst"
)

// How a phase chooses products.
const (
	BySkew  = "skew"
	ByTurns = "turns"
)

// Phase is one stretch of arrivals. Only the fields of its kind are set.
type Phase struct {
	Kind     string         `yaml:"kind"`
	Start    *time.Duration `yaml:"start,omitempty"` // nil: when the phase before ends
	Duration time.Duration  `yaml:"duration"`
	Rate     float64        `yaml:"rate,omitempty"`
	From     float64        `yaml:"from,omitempty"`
	To       float64        `yaml:"to,omitempty"`
	Peak     float64        `yaml:"peak,omitempty"`
	Size     int            `yaml:"size,omitempty"`
	Every    time.Duration  `yaml:"every,omitempty"`
	Across   int            `yaml:"across,omitempty"`
	Products string         `yaml:"products,omitempty"`
	Eager    bool           `yaml:"eager,omitempty"`
}

// Buyers is how people behave.
type Buyers struct {
	Browse       Share         `yaml:"browse"`
	Qty          Numbers       `yaml:"qty"`
	Think        Span          `yaml:"think"`
	Abandon      Share         `yaml:"abandon"`
	Overstay     Share         `yaml:"overstay"`
	DoubleSend   Share         `yaml:"double_send"`
	OrderTwice   Share         `yaml:"order_twice"`
	OrdersAtOnce int           `yaml:"orders_at_once"`
	Steal        Share         `yaml:"steal"`
	ReadBack     Share         `yaml:"read_back"`
	Timeout      time.Duration `yaml:"timeout"`
	Retry        BuyerRetry    `yaml:"retry"`
}

// BuyerRetry bounds how a buyer repeats a request: Attempts in all, the first repetition after First,
// each later one after twice the time before, never more than Max.
type BuyerRetry struct {
	Attempts int           `yaml:"attempts"`
	First    time.Duration `yaml:"first"`
	Max      time.Duration `yaml:"max"`
}

// Payments is how the payment provider behaves.
type Payments struct {
	Mix         Mix           `yaml:"mix"`
	Deliveries  Numbers       `yaml:"deliveries"`
	Delay       Span          `yaml:"delay"`
	Shuffle     time.Duration `yaml:"shuffle"`
	Together    Share         `yaml:"together"`
	LateAfter   Span          `yaml:"late_after"`
	ReplayLate  Share         `yaml:"replay_late"`
	ReplayAfter Span          `yaml:"replay_after"`
	BeforeOrder Share         `yaml:"before_order"`
	Ahead       Numbers       `yaml:"ahead"`
	Rekeyed     Share         `yaml:"rekeyed"`
	Unsigned    Share         `yaml:"unsigned"`
	Forged      Share         `yaml:"forged"`
	Stale       Share         `yaml:"stale"`
	Altered     Share         `yaml:"altered"`
	ReadBack    Share         `yaml:"read_back"`
	Timeout     time.Duration `yaml:"timeout"`
	Retry       Backoff       `yaml:"retry"`
	Deadline    time.Duration `yaml:"deadline"`
}

// Mix weighs the stories that a payment can tell, relative to each other.
type Mix struct {
	Success            float64 `yaml:"success"`
	Failure            float64 `yaml:"failure"`
	FailureThenSuccess float64 `yaml:"failure_then_success"`
	SuccessThenFailure float64 `yaml:"success_then_failure"`
	Conflict           float64 `yaml:"conflict"`
	DoubleCharge       float64 `yaml:"double_charge"`
	Late               float64 `yaml:"late"`
	Never              float64 `yaml:"never"`
}

// Backoff is how the provider's repetitions spread: First, doubled up to Max.
type Backoff struct {
	First time.Duration `yaml:"first"`
	Max   time.Duration `yaml:"max"`
}

// Quiesce bounds the end of a run.
type Quiesce struct {
	Deadline time.Duration `yaml:"deadline"`
	Sample   int           `yaml:"sample"`
}

// Expect is what a run must have shown to decide anything, and what it is meant to break.
type Expect struct {
	Exercise map[string]int64 `yaml:"exercise,omitempty"`
	Broken   []string         `yaml:"broken,omitempty"`
}

// Position tells where a key stands, as FILE:LINE:COL, or "" if it was not written. Keys are paths
// such as "expect.exercise.price-exact" or "arrivals.phases[0].rate".
func (s *Scenario) Position(key string) string { return s.positions[key] }

// VerifyChecks says which of the checks that the scenario mentions are not known. What the checker can
// judge is not this package's to know.
func (s *Scenario) VerifyChecks(known []string) error {
	mentioned := map[string]string{} // where, by name
	for name := range s.Expect.Exercise {
		mentioned[name] = "expect.exercise." + name
	}
	for i, name := range s.Expect.Broken {
		mentioned[name] = fmt.Sprintf("expect.broken[%d]", i)
	}
	for _, name := range slices.Sorted(maps.Keys(mentioned)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: unknown check %q; %s", s.Position(mentioned[name]), name, didYouMean(name, known))
		}
	}
	return nil
}

// defaults is the scenario that an empty file would be.
func defaults() Scenario {
	return Scenario{
		Products: Products{Count: 1, Price: Always(1000), Names: []string{"Item"}},
		Server: Server{HoldTTL: 2 * time.Minute, SweepInterval: time.Second, MaxQty: 1000, Replicas: 1,
			RequestTimeout: 5 * time.Second},
		Arrivals: Arrivals{LateAfter: 250 * time.Millisecond, LateShare: 0.05},
		Buyers: Buyers{Qty: Always(1), OrdersAtOnce: 2, Timeout: 8 * time.Second,
			Retry: BuyerRetry{Attempts: 5, First: 100 * time.Millisecond, Max: 2 * time.Second}},
		Payments: Payments{Deliveries: Always(1), LateAfter: Span{Min: 100 * time.Millisecond, Max: 100 * time.Millisecond},
			ReplayAfter: Span{Min: time.Second, Max: time.Second}, Ahead: Numbers{Min: 1, Max: 5},
			Timeout: 8 * time.Second, Retry: Backoff{First: 100 * time.Millisecond, Max: 2 * time.Second},
			Deadline: 15 * time.Second},
		Quiesce: Quiesce{Deadline: time.Minute, Sample: 2000},
	}
}
