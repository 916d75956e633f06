package simulator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"flashsale/internal/evidence"
	"flashsale/simulator/fault"
)

// Bounds of a fault. What cannot be done within them is not done, and the fault did not bite.
const (
	injectWait  = 45 * time.Second // a rolling restart drains one server after the other
	healWait    = 75 * time.Second // a database whose disk was full looks again after a minute
	biteSlack   = 4 * time.Second  // beyond its time, a fault that has not bitten yet stays for so long
	bitePoll    = 10 * time.Millisecond
	recoverWait = 45 * time.Second
	recoverPoll = 10 * time.Millisecond
)

// An injector carries out the planned faults, each at its time: injects it, asks the victim until it shows the
// harm, heals it, and waits until the whole system is ready and answers again. Faults of the same hand or of the same
// victim wait for each other; others may overlap.
type injector struct {
	hands  map[int][]planned // in order of time
	system fault.System
	now    func() time.Duration

	mu       sync.Mutex
	victims  map[string]*sync.Mutex
	happened []evidence.Fault
}

// planned is a fault, and what the plan says of it.
type planned struct {
	fault.Fault
	fault.Order
	victim string
}

func newInjector(orders []fault.Order, system fault.System, now func() time.Duration) (*injector, error) {
	i := &injector{system: system, now: now, hands: make(map[int][]planned), victims: make(map[string]*sync.Mutex)}
	for _, o := range orders {
		f, err := fault.New(o, system)
		if err != nil {
			return nil, err
		}
		kind, _ := fault.Lookup(o.Kind)
		victim := kind.Victim(o)
		i.hands[o.Hand] = append(i.hands[o.Hand], planned{f, o, victim})
		i.victims[victim] = &sync.Mutex{}
	}
	return i, nil
}

// run returns when every fault is over. What storm's end finds is healed then, and what has not begun stays away.
// When ctx ends nothing is waited for any more.
func (i *injector) run(ctx, storm context.Context) {
	var all sync.WaitGroup
	for _, hand := range i.hands {
		all.Go(func() {
			for _, p := range hand {
				i.turn(ctx, storm, p)
			}
		})
	}
	all.Wait()
}

// turn waits for a fault's time and for its victim's turn. Where that comes late, one of a row stays away: what begins
// at the very end may find nobody left to bite.
func (i *injector) turn(ctx, storm context.Context, p planned) {
	until(storm, p.At-i.now())
	turn := i.victims[p.victim]
	turn.Lock()
	defer turn.Unlock()
	switch {
	case p.Latest > 0 && i.now() > p.Latest:
	case storm.Err() == nil:
		i.strike(ctx, storm, p)
	case ctx.Err() == nil && p.Latest == 0:
		i.keep(evidence.Fault{Name: p.Kind, Victim: p.victim, Injected: int64(i.now()), Healed: -1,
			Detail: "its time had not come when the storm was over"})
	}
}

// until waits, and tells whether ctx lasted as long.
func until(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// strike is one fault from beginning to end.
func (i *injector) strike(ctx, storm context.Context, p planned) {
	f := evidence.Fault{Name: p.Kind, Victim: p.victim, Injected: int64(i.now()), Healed: -1}
	defer func() { i.keep(f) }()
	if err := within(ctx, injectWait, p.Inject); err != nil {
		f.Detail = fmt.Sprintf("could not be injected: %v", err)
	} else {
		f.Detail = i.watch(ctx, storm, p)
		f.Bitten = f.Detail != ""
	}
	if !f.Bitten && f.Detail == "" {
		f.Detail = "the victim shows nothing of it"
	}
	f.Healed = int64(i.now())
	if err := within(ctx, healWait, p.Heal); err != nil {
		f.Detail += fmt.Sprintf("; could not be healed: %v", err)
		return
	}
	if _, slowly := p.Fault.(fault.Convalescent); slowly {
		f.Healed = int64(i.now())
	}
	f.Recovered = i.recovered(ctx)
}

func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return do(ctx)
}

// watch lets a fault last, and returns the first sign of it that the victim gives.
func (i *injector) watch(ctx, storm context.Context, p planned) (sign string) {
	healing := i.now() + p.For
	for {
		if sign == "" {
			sign = p.Bitten(ctx)
		}
		left := healing - i.now()
		if ctx.Err() != nil || left <= 0 && (sign != "" || left < -biteSlack) {
			return sign
		}
		pause := bitePoll
		if sign != "" {
			pause = left
		}
		if !until(storm, pause) {
			return sign
		}
	}
}

// recovered waits until the system is ready and answers, and says when that was; 0: it never was.
func (i *injector) recovered(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, recoverWait)
	defer cancel()
	for i.system.Ready(ctx) != nil {
		if !until(ctx, recoverPoll) {
			return 0
		}
	}
	return int64(i.now())
}

func (i *injector) keep(f evidence.Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.happened = append(i.happened, f)
}

// faults are those that have happened, in order of time.
func (i *injector) faults() []evidence.Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := append([]evidence.Fault{}, i.happened...)
	slices.SortFunc(all, func(a, b evidence.Fault) int { return int(a.Injected - b.Injected) })
	return all
}
