package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/bench/load"
	"flashsale/internal/lab"
)

// The contests, and who takes part in them.
const (
	contestHolds     = "holds"
	contestCheckouts = "checkouts"
	contestReads     = "reads"
	contestSoldOut   = "sold out"
	contestMany      = "many holds"

	ours            = "flashsale"
	oursKeyed       = "flashsale, keyed"
	oursMany        = "flashsale, many active holds"
	oursEmpty       = "flashsale, empty table"
	plain           = "strawman"
	plainWithColumn = "strawman, counter column"
	redis           = "redis"
	null            = "null"
)

// contest is one kind of work.
type contest struct {
	name    string
	answers int // that one unit of it takes
	warmUp  time.Duration
	counts  func(s *system, units int64) // what the system's rows must show of it
	entries []*entry
}

// entry is one contestant of a contest.
type entry struct {
	name    string
	system  *system
	missing string                                // why it is not measured; empty: it is
	work    func() func(connection int) load.Work // of one measurement
	prepare func(ctx context.Context) error       // before every measurement; nil: nothing
}

// plainTimeout is what a request to the strawman may take. Every connection of the closed loop waits for its turn there,
// and at its pace on a slow database that takes seconds; whoever has waited for a quarter of this is refused.
const plainTimeout = 20 * time.Second

// shop is one of the systems with a database.
func (b *serverBench) shop(kind string, counterColumn bool) lab.Options {
	o := lab.Options{DSN: b.DSN, Image: b.Image, Kind: kind, CounterColumn: counterColumn, HoldTTL: benchTTL,
		Products: benchProducts()}
	if kind == lab.KindStrawman {
		o.RequestTimeout = plainTimeout
	}
	return o
}

// front is one of the systems without.
func front(counter string) lab.Options {
	return lab.Options{Kind: lab.KindFront, Counter: counter, HoldTTL: benchTTL, Products: benchProducts()}
}

// start sets every system up and says what is to be measured.
func (b *serverBench) start(ctx context.Context) error {
	systems := map[string]*system{}
	for _, s := range []struct {
		name    string
		options lab.Options
		active  int64
	}{
		{ours, b.shop(lab.KindFlashsale, false), b.Active},
		{plain, b.shop(lab.KindStrawman, false), b.Active},
		{plainWithColumn, b.shop(lab.KindStrawman, true), b.Active},
		{redis, front(lab.CounterRedis), 0},
		{null, front(lab.CounterMemory), 0},
		{oursMany, b.shop(lab.KindFlashsale, false), b.Many},
		{oursEmpty, b.shop(lab.KindFlashsale, false), 0},
	} {
		started, err := b.startSystem(ctx, s.options, s.active)
		if errors.Is(err, lab.ErrNoRedis) {
			continue
		}
		if err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
		systems[s.name] = started
	}
	for _, s := range []*system{systems[ours], systems[null]} {
		if err := s.sellOut(ctx); err != nil {
			return err
		}
	}
	b.judged = []*system{systems[ours], systems[oursMany], systems[oursEmpty]}
	if err := b.result.Machine.AddDatabase(systems[ours].lab); err != nil {
		return err
	}
	return b.plan(systems)
}

// plan says who does what.
func (b *serverBench) plan(of map[string]*system) error {
	enter := func(name string, work func(connection int) load.Work) *entry {
		return &entry{name: name, system: of[name], work: func() func(int) load.Work { return work }}
	}
	oursPays, err := load.Checkouts(benchProductID, of[ours].lab.Secret())
	if err != nil {
		return err
	}
	plainPays, err := load.Checkouts(benchProductID, of[plain].lab.Secret())
	if err != nil {
		return err
	}
	holds, reads, soldOut := load.Holds(benchProductID), load.Reads(benchProductID), load.SoldOut(soldOutProductID)
	keyed := &entry{name: oursKeyed, system: of[ours], work: func() func(int) load.Work {
		return load.KeyedHolds(benchProductID, rand.Text())
	}}
	inRedis := enter(redis, holds)
	if inRedis.system == nil {
		inRedis.missing = lab.ErrNoRedis.Error()
	}
	empty := enter(oursEmpty, holds)
	empty.prepare = empty.system.empty
	short := warmUp(b.Measure)
	inStep := b.Measure // checkouts begin in step, and it takes a while until their requests are well mixed
	b.contests = []*contest{
		{contestHolds, 1, short, countHolds, []*entry{
			enter(ours, holds), keyed, enter(plain, holds), enter(plainWithColumn, holds), inRedis, enter(null, holds)}},
		{contestCheckouts, load.CheckoutAnswers, inStep, countCheckouts, []*entry{enter(ours, oursPays), enter(plain, plainPays)}},
		{contestReads, 1, short, countNothing, []*entry{enter(ours, reads), enter(null, reads)}},
		{contestSoldOut, 1, short, countNothing, []*entry{enter(ours, soldOut), enter(null, soldOut)}},
		{contestMany, 1, short, countHolds, []*entry{enter(oursMany, holds), empty}},
	}
	return nil
}
