package ledger

import (
	"testing"
	"time"

	"flashsale/server/internal/decide"
)

const ms = time.Millisecond

// steady is the pace of a lane whose transactions have long taken the same time.
func steady(turn time.Duration) pace {
	p := newPace(512)
	p.turn = turn
	return p
}

func TestAdmission(t *testing.T) {
	const patience = 4750 * ms
	crowded := steady(200 * ms)
	crowded.room = 10 // commands of a thousand units each
	for name, c := range map[string]struct {
		at         place
		pace       pace
		hold, step bool
	}{
		"what can start now, after commits of ten seconds": {place{idle: true}, steady(10 * time.Second), true, true},
		"nothing is known":                 {place{ahead: 511, running: 100 * ms}, newPace(512), true, true},
		"a stampede of ten thousand":       {place{ahead: 10_000, running: 5 * ms}, steady(15 * ms), true, true},
		"a stampede during a hiccup":       {place{ahead: 10_000, running: 200 * ms}, steady(15 * ms), true, true},
		"more than fits the bounds":        {place{ahead: 50_000, running: 5 * ms}, steady(15 * ms), false, false},
		"slow commits, a short queue":      {place{ahead: 511, running: 100 * ms}, steady(200 * ms), true, true},
		"slow commits, holds have no room": {place{ahead: 1500, running: 100 * ms}, steady(200 * ms), false, true},
		"slow commits, nobody has room":    {place{ahead: 4000, running: 100 * ms}, steady(200 * ms), false, false},
		"slower than the bound: the next batch fills up": {
			place{ahead: 511, running: 500 * ms}, steady(2 * time.Second), true, true},
		"slower than the bound: it is full": {
			place{ahead: 512, running: 2 * time.Second}, steady(2 * time.Second), false, true},
		"so slow that the answer would come too late": {
			place{ahead: 1, running: 100 * ms}, steady(3 * time.Second), false, false},
		"a stall that has just begun":        {place{ahead: 2000, running: 300 * ms}, steady(15 * ms), true, true},
		"a stall that holds cannot wait for": {place{ahead: 2000, running: 800 * ms}, steady(15 * ms), false, true},
		"a stall that goes on":               {place{ahead: 2000, running: 2 * time.Second}, steady(15 * ms), false, false},
		"units fill the batches":             {place{ahead: 100, running: 1 * ms}, crowded, false, false},
		"predicted wrong: the oldest tells": {
			place{ahead: 2000, oldest: time.Second, running: 1 * ms}, steady(10 * ms), false, true},
		"ten thousand products, fast": {place{line: 300}, steady(2 * ms), true, true},
		"ten thousand products, slow": {place{line: 300}, steady(100 * ms), false, false},
		"a few more lanes than slots": {place{ahead: 20, line: 0.5}, steady(time.Second), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmission(5 * time.Second)
			c.at.patience = patience
			if got := a.admits(decide.CreateHold{Qty: 1}, c.at, c.pace); got != c.hold {
				t.Errorf("a hold: %v, predicted to wait %v", got, c.pace.wait(c.at))
			}
			for _, later := range []decide.Command{decide.CreateOrder{}, decide.ApplyPayment{}} {
				if got := a.admits(later, c.at, c.pace); got != c.step {
					t.Errorf("%T: %v, predicted to wait %v", later, got, c.pace.wait(c.at))
				}
			}
			if !a.admits(decide.Release{}, c.at, c.pace) {
				t.Error("the sweep was refused")
			}
		})
	}
}

func TestPaceLearnsSlownessSlowlyAndSpeedFast(t *testing.T) {
	p := steady(2 * ms)
	p.observe(200*ms, 512, true)
	if p.turn > 60*ms {
		t.Errorf("one hiccup makes the turn %v", p.turn)
	}
	for range 8 {
		p.observe(200*ms, 512, true)
	}
	if p.turn < 180*ms {
		t.Errorf("after nine slow transactions the turn is %v", p.turn)
	}
	for range 6 {
		p.observe(2*ms, 512, true)
	}
	if p.turn > 8*ms {
		t.Errorf("six fast transactions later the turn is still %v", p.turn)
	}
}

func TestPaceRoom(t *testing.T) {
	p := newPace(512)
	for i, step := range []struct {
		commands int
		full     bool
		room     int
	}{
		{1, false, 512}, {10, true, 10}, {3, false, 10}, {10, false, 20}, {20, false, 40}, {64, true, 64}, {500, false, 512},
	} {
		if p.observe(ms, step.commands, step.full); p.room != step.room {
			t.Errorf("step %d: room for %d, want %d", i, p.room, step.room)
		}
	}
}

// storm plays an open-loop load against one lane, on a clock of its own.
type storm struct {
	pace     pace
	rate     float64                     // holds a second, evenly spaced
	commit   func(nth int) time.Duration // what a transaction takes that begins while commits are slow
	waiting  []time.Duration             // when each came
	batch    []time.Duration
	began    time.Duration
	ends     time.Duration
	full     bool
	begun    int
	goodput  int           // served by full batches and others while commits were slow
	possible int           // what full batches would have served
	worst    time.Duration // wait of somebody who was admitted
	refused  time.Duration // when somebody was last
}

// Commits are slow, then they take as long as fastTurn.
const (
	slowUntil = 40 * time.Second
	stormEnds = 50 * time.Second
	fastTurn  = 12 * ms
)

func (s *storm) run() {
	a := newAdmission(5 * time.Second)
	for now := time.Duration(0); now < stormEnds; now += time.Duration(float64(time.Second) / s.rate) {
		for len(s.batch) > 0 && s.ends <= now {
			s.finish()
			n := min(s.pace.most, len(s.waiting))
			s.full = n < len(s.waiting)
			s.begin(s.ends, s.waiting[:n])
			s.waiting = s.waiting[n:]
		}
		at := place{idle: len(s.batch) == 0, ahead: len(s.waiting), patience: 4750 * ms, running: now - s.began}
		if len(s.waiting) > 0 {
			at.oldest = now - s.waiting[0]
		}
		switch admitted := a.admits(decide.CreateHold{Qty: 1}, at, s.pace); {
		case !admitted:
			s.refused = now
		case at.idle:
			s.begin(now, []time.Duration{now})
		default:
			s.waiting = append(s.waiting, now)
		}
	}
}

func (s *storm) begin(at time.Duration, batch []time.Duration) {
	s.batch, s.began, s.ends = batch, at, at+fastTurn
	if at < slowUntil && len(batch) > 0 {
		s.ends = at + s.commit(s.begun)
		s.begun++
	}
}

// finish answers the batch. The first one is of a single command, whatever is done.
func (s *storm) finish() {
	s.pace.observe(s.ends-s.began, len(s.batch), s.full)
	for _, came := range s.batch {
		s.worst = max(s.worst, s.ends-came)
	}
	if s.begun > 1 && s.began < slowUntil {
		s.goodput += len(s.batch)
		s.possible += s.pace.most
	}
}

// Three times what slow commits allow, for a long time: goodput stays at its peak and nobody who was admitted waits
// in vain, whatever the commits are like; and once they are fast again, everybody is admitted soon.
func TestOverloadKeepsGoodputAndHeals(t *testing.T) {
	always := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	for name, c := range map[string]struct {
		mean   time.Duration
		commit func(nth int) time.Duration
		least  float64       // share of full batches' goodput; uneven commits leave some less than full
		wait   time.Duration // nobody waits longer
	}{
		"steady, 50 ms":  {50 * ms, always(50 * ms), 0.99, time.Second},
		"steady, 200 ms": {200 * ms, always(200 * ms), 0.99, 1500 * ms},
		"steady, 1 s":    {time.Second, always(time.Second), 0.99, 3 * time.Second},
		"steady, 2 s":    {2 * time.Second, always(2 * time.Second), 0.99, 4500 * ms},
		"by turns":       {201 * ms, func(nth int) time.Duration { return []time.Duration{2 * ms, 400 * ms}[nth%2] }, 0.9, 2 * time.Second},
		"one in ten stalls": {109 * ms, func(nth int) time.Duration {
			return []time.Duration{time.Second, 10 * ms}[min(nth%10, 1)]
		}, 0.75, 2500 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			s := storm{pace: newPace(512), rate: 3 * 512 / c.mean.Seconds(), commit: c.commit}
			s.run()
			goodput, healed := float64(s.goodput)/float64(s.possible), s.refused-slowUntil
			if goodput < c.least {
				t.Errorf("goodput is %.0f %% of its peak", 100*goodput)
			}
			if s.worst > c.wait {
				t.Errorf("somebody who was admitted waited %v", s.worst)
			}
			if healed > time.Second+c.commit(0) {
				t.Errorf("somebody was refused %v after the commits were fast again", healed)
			}
		})
	}
}
