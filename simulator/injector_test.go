package simulator

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flashsale/simulator/fault"
)

// puppet is a server's process that dies and rises as told. One that is immortal only pretends to have died.
type puppet struct {
	immortal bool

	mu     sync.Mutex
	down   bool
	deaths int
}

func (p *puppet) Kill(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.deaths = !p.immortal, p.deaths+1
	return "signal: killed", nil
}

func (p *puppet) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.down {
		return errors.New("it runs already")
	}
	p.down = false
	return nil
}

func (p *puppet) Knock(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return syscall.ECONNREFUSED
	}
	return nil
}

func killAt(at, lasts time.Duration) fault.Order {
	return fault.Order{Kind: "server-kill", At: at, For: lasts}
}

func newTestInjector(t *testing.T, p *puppet, orders ...fault.Order) *injector {
	t.Helper()
	return newTestInjectorOf(t, fault.System{Servers: []fault.Server{{Process: p}}, Ready: p.Knock}, orders)
}

func newTestInjectorOf(t *testing.T, system fault.System, orders []fault.Order) *injector {
	t.Helper()
	start := time.Now()
	i, err := newInjector(orders, system, func() time.Duration { return time.Since(start) })
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Two faults of one victim that are due at once come one after the other, and leave a system that is well.
func TestFaultsOfOneVictimTakeTurns(t *testing.T) {
	p := &puppet{}
	orders := []fault.Order{killAt(0, 30*time.Millisecond), killAt(0, 30*time.Millisecond)}
	orders[1].Hand = 1
	i := newTestInjector(t, p, orders...)
	i.run(t.Context(), t.Context())
	faults := i.faults()
	if len(faults) != 2 || p.deaths != 2 || p.Knock(t.Context()) != nil {
		t.Fatalf("%d deaths, then %v: %+v", p.deaths, p.Knock(t.Context()), faults)
	}
	for n, f := range faults {
		if !f.Bitten || f.Victim != "server-0" || !strings.Contains(f.Detail, "signal: killed") ||
			f.Healed-f.Injected < (30*time.Millisecond).Nanoseconds() || f.Recovered < f.Healed {
			t.Errorf("fault %d is %+v", n, f)
		}
	}
	if faults[1].Injected < faults[0].Recovered {
		t.Errorf("they overlap: %+v", faults)
	}
}

// A hand does one thing after the other, also where the victims differ. What it has no time left for stays away, if it
// is one of a row.
func TestAHandDoesOneThingAtATime(t *testing.T) {
	one, other := &puppet{}, &puppet{}
	orders := []fault.Order{killAt(0, 30*time.Millisecond), killAt(0, 30*time.Millisecond), killAt(0, 0)}
	orders[1].Server, orders[2].Latest = 1, 20*time.Millisecond
	servers := []fault.Server{{Process: one}, {Process: other}}
	i := newTestInjectorOf(t, fault.System{Servers: servers, Ready: one.Knock}, orders)
	i.run(t.Context(), t.Context())
	faults := i.faults()
	if len(faults) != 2 || one.deaths != 1 || other.deaths != 1 || faults[1].Injected < faults[0].Healed {
		t.Errorf("%d and %d deaths: %+v", one.deaths, other.deaths, faults)
	}
}

// What the end of the storm finds is healed at once; what was to come later is told of, and does not happen.
func TestTheEndOfTheStormHeals(t *testing.T) {
	p := &puppet{}
	i := newTestInjector(t, p, killAt(0, time.Hour), killAt(time.Hour, time.Second))
	storm, over := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { i.run(t.Context(), storm); close(ended) }()
	for p.Knock(t.Context()) == nil {
		if t.Context().Err() != nil {
			t.Fatal("nothing happened")
		}
	}
	over()
	<-ended
	faults := i.faults()
	if len(faults) != 2 || p.deaths != 1 || p.Knock(t.Context()) != nil {
		t.Fatalf("%d deaths, then %v: %+v", p.deaths, p.Knock(t.Context()), faults)
	}
	if f := faults[0]; !f.Bitten || f.Recovered == 0 {
		t.Errorf("the one that lasted is %+v", f)
	}
	if f := faults[1]; f.Bitten || f.Healed > f.Injected || !strings.Contains(f.Detail, "time had not come") {
		t.Errorf("the one that was to come is %+v", f)
	}
}

// A signal that was sent proves nothing: who still answers was not killed.
func TestAFaultThatDoesNotBite(t *testing.T) {
	i := newTestInjector(t, &puppet{immortal: true}, killAt(0, time.Millisecond))
	i.run(t.Context(), t.Context())
	if f := i.faults()[0]; f.Bitten || f.Detail != "the victim shows nothing of it" {
		t.Errorf("the fault is %+v", f)
	}
}

// A run that cannot be harmed as its scenario says does not begin.
func TestFaultsThatCannotBeInjected(t *testing.T) {
	_, err := newInjector([]fault.Order{{Kind: "database-kill"}}, fault.System{Servers: []fault.Server{{}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "database-kill needs a database server") {
		t.Errorf("got %v", err)
	}
}
