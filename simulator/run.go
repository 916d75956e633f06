package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"flashsale/internal/evidence"
	"flashsale/scenarios"
	"flashsale/simulator/fault"
)

// Bounds of the two actors: requests in flight, and steps planned or running. A run that hits the
// first sends late, and says so; one that hits the second lets its next arrivals wait.
const (
	buyersInFlightMax   = 2048
	providerInFlightMax = 512
	buyersOpenMax       = 50_000
	providerOpenMax     = 50_000
	lookahead           = 50 * time.Millisecond // how far arrivals are put on the agenda in advance
	feedEvery           = 5 * time.Millisecond  // and how much of them at a time
)

// Config is what a run needs.
type Config struct {
	Scenario   *scenarios.Scenario
	Seed       uint64
	RunID      string       // prefix of every idempotency key: letters, digits and dashes
	Start      time.Time    // zero of the run's monotonic clock; the zero Time means when Run is called
	Targets    []string     // base URLs; attempts go round robin
	Secret     string       // the shop's webhook secret, whsec_...
	ProductIDs []int64      // the id of each planned product
	InFlight   int          // calls of buyers in flight, at most; 0: as many as a crowd needs
	Foreign    bool         // other people's orders are on the targets too: pay only for our own
	Clock      Clock        // the database's; nil if there is none to ask
	Harm       fault.System // what the plan's faults act on
	Recorder   Recorder
	Progress   io.Writer // where people look; nil for nowhere
	Terminal   bool      // Progress is a terminal
}

// Result is what a run has to say beside its history.
type Result struct {
	Probes      []evidence.ClockProbe
	Faults      []evidence.Fault // as they happened
	ProbesLost  int64            // probes that the database did not answer
	Sends       evidence.Sends
	Elapsed     time.Duration
	Interrupted string           // why the run ended early; empty if it ran to its end
	Arrived     int64            // buyers
	Operations  int64            // attempts, of all kinds
	Counts      map[string]int64 // attempts, by "kind outcome"
	GivenUp     int64            // payment events that were never acknowledged
}

// errNotAtRest says that the end of a run took longer than the scenario allows.
var errNotAtRest = errors.New("not at rest before the quiesce deadline")

// Run plays the plan of a scenario and a seed. When ctx ends it stops at once: what is in flight is
// cut off and recorded, and Result.Interrupted says why. The error is for what makes a run impossible
// or its history incomplete: a bad configuration, or a Recorder that fails.
func Run(ctx context.Context, cfg Config) (Result, error) {
	s, err := newStorm(cfg)
	if err != nil {
		return Result{}, fmt.Errorf("simulate %s: %w", cfg.Scenario.Name, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.client.broken = func(err error) {
		s.failure.CompareAndSwap(nil, &err)
		cancel(err)
	}
	s.play(ctx)
	result := s.result(ctx)
	if failed := s.failure.Load(); failed != nil {
		return result, fmt.Errorf("simulate %s: %w", cfg.Scenario.Name, *failed)
	}
	return result, nil
}

// A storm is one run while it goes on.
type storm struct {
	cfg     Config
	plan    *Plan
	client  *client
	tally   *tally
	prober  *prober
	harm    *injector
	stage   atomic.Value // string: what people are told
	resting atomic.Bool
	failure atomic.Pointer[error]
}

func newStorm(cfg Config) (*storm, error) {
	plan := NewPlan(cfg.Scenario, cfg.Seed)
	switch {
	case len(cfg.Targets) == 0:
		return nil, errors.New("no target")
	case len(cfg.ProductIDs) != len(plan.Products):
		return nil, fmt.Errorf("%d product ids for %d planned products", len(cfg.ProductIDs), len(plan.Products))
	case cfg.RunID == "" || cfg.Recorder == nil:
		return nil, errors.New("a run needs an id and a recorder")
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.Now()
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = buyersInFlightMax
	}
	signer, err := newSigner(cfg.Secret)
	if err != nil {
		return nil, err
	}
	client, err := newClient(cfg.Start, cfg.Targets, cfg.Recorder, signer)
	if err != nil {
		return nil, err
	}
	s := &storm{cfg: cfg, plan: plan, client: client,
		tally:  newTally(cfg.Scenario.Arrivals.LateAfter, cfg.Seed, cfg.Scenario.Quiesce.Sample),
		prober: &prober{clock: cfg.Clock, now: client.now}}
	client.observe = s.tally.observe
	cfg.Harm.Clients = s.tally
	if s.harm, err = newInjector(plan.Faults(), cfg.Harm, client.now); err != nil {
		return nil, err
	}
	s.stage.Store("storm")
	return s, nil
}

// play is the whole run: storm, drain, lapse, final reads, while the clocks are compared and people
// are told how it goes.
func (s *storm) play(ctx context.Context) {
	aside, done := context.WithCancel(ctx)
	var others sync.WaitGroup
	defer others.Wait()
	defer done()
	if s.cfg.Clock != nil {
		others.Go(func() { s.prober.run(ctx, aside) })
	}
	if s.cfg.Progress != nil {
		p := &progress{to: s.cfg.Progress, terminal: s.cfg.Terminal, planned: s.plan.Arrivals(), tally: s.tally,
			now: s.client.now, stage: func() string { return s.stage.Load().(string) }}
		others.Go(func() { p.run(aside) })
	}
	cut := context.AfterFunc(ctx, s.client.stop)
	defer func() {
		if cut() {
			s.client.stop()
		}
	}()
	s.act(ctx)
}

// act lets the two actors play, and sees the run to rest.
func (s *storm) act(ctx context.Context) {
	acting, dismiss := context.WithCancel(ctx)
	provider := s.newProvider(acting)
	buyers := newAgenda(s.client.now, s.cfg.InFlight, buyersOpenMax)
	var actors sync.WaitGroup
	defer actors.Wait()
	defer dismiss()
	actors.Go(func() { buyers.run(acting) })
	actors.Go(func() { provider.agenda.run(acting) })
	delivered := make(chan struct{})
	actors.Go(func() { defer close(delivered); provider.run(acting) })

	s.harmWhile(ctx, func() { s.feed(ctx, buyers, provider) })
	s.stage.Store("drain")
	ending, expired := context.WithTimeout(ctx, s.cfg.Scenario.Quiesce.Deadline)
	defer expired()
	if !buyers.rest(ending) {
		return
	}
	close(provider.inbox)
	select {
	case <-delivered:
	case <-ending.Done():
		return
	}
	s.stage.Store("lapse")
	if !s.lapse(ending) {
		return
	}
	s.stage.Store("final")
	s.final(ending)
	s.resting.Store(ending.Err() == nil)
}

// harmWhile lets the planned faults strike for as long as the storm lasts, and returns when they are healed.
func (s *storm) harmWhile(ctx context.Context, feed func()) {
	storm, over := context.WithCancel(ctx)
	defer over()
	var harm sync.WaitGroup
	harm.Go(func() { s.harm.run(ctx, storm) })
	feed()
	if len(s.harm.hands) > 0 { // the last buyer may come before the storm is over
		until(ctx, s.cfg.Scenario.Arrivals.Length()-s.client.now())
	}
	s.stage.Store("heal")
	over()
	harm.Wait()
}

// feed puts the buyers on the agenda shortly before they arrive.
func (s *storm) feed(ctx context.Context, buyers *agenda, provider *provider) {
	floor := &floor{seed: s.cfg.Seed, runID: s.cfg.RunID, habits: &s.cfg.Scenario.Buyers,
		holdTTL: s.cfg.Scenario.Server.HoldTTL, productIDs: s.cfg.ProductIDs, client: s.client, agenda: buyers,
		provider: provider, tally: s.tally, granted: &recentHolds{}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for b := range s.plan.Buyers() {
		for wait := b.Arrival - lookahead - s.client.now(); wait > 0; wait = b.Arrival - lookahead - s.client.now() {
			timer.Reset(wait + feedEvery)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		}
		if !buyers.room(ctx) {
			return
		}
		visitor := &buyer{floor: floor, plan: b}
		buyers.at(b.Arrival, visitor.arrive)
	}
}

func (s *storm) newProvider(ctx context.Context) *provider {
	return &provider{seed: s.cfg.Seed, runID: s.cfg.RunID, way: &s.cfg.Scenario.Payments, foreign: s.cfg.Foreign,
		client: s.client, agenda: newAgenda(s.client.now, providerInFlightMax, providerOpenMax), tally: s.tally,
		inbox: make(chan notice, inboxMax), stopped: ctx.Done()}
}

func (s *storm) result(ctx context.Context) Result {
	r := Result{Probes: s.prober.probes, ProbesLost: s.prober.lost, Faults: s.harm.faults(), Elapsed: s.client.now(),
		Arrived: s.tally.arrived.Load(), GivenUp: s.tally.givenUp.Load(), Counts: make(map[string]int64)}
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	for i, byOutcome := range s.tally.counts {
		for j, n := range byOutcome {
			if n > 0 {
				r.Counts[kinds[i]+" "+outcomes[j]] = n
				r.Operations += n
			}
		}
	}
	r.Sends = s.tally.sends
	r.Sends.LateAfterNS = int64(s.cfg.Scenario.Arrivals.LateAfter)
	r.Sends.LateMax = int64(float64(s.cfg.Scenario.Arrivals.LateShare) * float64(r.Sends.Total))
	switch {
	case ctx.Err() != nil:
		r.Interrupted = context.Cause(ctx).Error()
	case !s.resting.Load():
		r.Interrupted = fmt.Sprintf("%s: stopped in stage %s", errNotAtRest, s.stage.Load())
	}
	return r
}
