package simulator

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func startAgenda(t *testing.T, workersMax, openMax int) (*agenda, context.Context) {
	t.Helper()
	start := time.Now()
	a := newAgenda(func() time.Duration { return time.Since(start) }, workersMax, openMax)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); a.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return a, ctx
}

func TestAgendaRunsStepsInOrderAndNeverEarly(t *testing.T) {
	a, ctx := startAgenda(t, 1, 100)
	var mu sync.Mutex
	var got []int
	for _, i := range []int{3, 1, 2, 0, 4} {
		due := 50*time.Millisecond + time.Duration(i)*5*time.Millisecond
		a.at(due, func(intended time.Duration) {
			if intended != due || a.now() < due {
				t.Errorf("step due at %s was told %s and ran at %s", due, intended, a.now())
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, i)
		})
	}
	if !a.rest(ctx) || !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("ran %v", got)
	}
}

func TestAgendaBoundsItsWorkersAndLosesNothing(t *testing.T) {
	a, ctx := startAgenda(t, 4, 1000)
	var running, most, ran atomic.Int64
	gate := make(chan struct{})
	for range 100 {
		a.at(0, func(time.Duration) {
			most.Store(max(most.Load(), running.Add(1)))
			<-gate
			running.Add(-1)
			ran.Add(1)
		})
	}
	for range 100 {
		gate <- struct{}{}
	}
	if !a.rest(ctx) || ran.Load() != 100 {
		t.Errorf("%d of 100 ran", ran.Load())
	}
	if most.Load() > 4 {
		t.Errorf("%d ran at once", most.Load())
	}
}

// Those whose calls are not answered do not keep the others from calling.
func TestAgendaRunsAllAtOnceThatAreDue(t *testing.T) {
	const steps = 1024
	a, ctx := startAgenda(t, steps, steps)
	gate, running := make(chan struct{}), make(chan struct{}, steps)
	for range steps {
		a.at(0, func(time.Duration) { running <- struct{}{}; <-gate })
	}
	for n := range steps {
		select {
		case <-running:
		case <-ctx.Done():
			t.Fatalf("only %d of %d run", n, steps)
		}
	}
	close(gate)
	if !a.rest(ctx) {
		t.Error("steps are left")
	}
}

func TestAgendaMakesNewWorkWaitForRoom(t *testing.T) {
	a, ctx := startAgenda(t, 2, 2)
	gate := make(chan struct{})
	a.at(0, func(time.Duration) { <-gate })
	a.at(0, func(time.Duration) { <-gate })
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if a.room(short) {
		t.Error("there was room for a third of two")
	}
	close(gate)
	if !a.room(ctx) {
		t.Error("no room although all have gone")
	}
}

func TestAgendaStepsMayPlanSteps(t *testing.T) {
	a, ctx := startAgenda(t, 1, 1)
	left := 50
	var again func(time.Duration)
	again = func(due time.Duration) {
		if left--; left > 0 {
			a.at(due, again)
		}
	}
	a.at(0, again)
	if !a.rest(ctx) || left != 0 {
		t.Errorf("%d steps were not run", left)
	}
}

func TestAgendaStopsWhenItsContextEnds(t *testing.T) {
	a := newAgenda(func() time.Duration { return time.Hour }, 1, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ran atomic.Int64
	for range 5 {
		a.at(0, func(time.Duration) { ran.Add(1); cancel() })
	}
	a.run(ctx)
	if a.rest(ctx) {
		t.Error("idle although steps are left and the context has ended")
	}
	if ran.Load() == 0 || ran.Load() == 5 {
		t.Errorf("%d steps ran", ran.Load())
	}
}

// Whatever order steps are planned in, they come out by due time, and those due together as they were planned.
func TestStepQueueIsStable(t *testing.T) {
	rng := stream(1, "queue", 0)
	var q stepQueue
	var want []step
	for order := range uint64(5000) {
		s := step{due: time.Duration(rng.IntN(100)), order: order}
		q.push(s)
		want = append(want, s)
		if rng.IntN(3) == 0 {
			first := slices.MinFunc(want, compareSteps)
			if got := q.pop(); got.due != first.due || got.order != first.order {
				t.Fatalf("got step %d due at %d, want %d at %d", got.order, got.due, first.order, first.due)
			}
			want = slices.DeleteFunc(want, func(s step) bool { return s.order == first.order })
		}
	}
	slices.SortFunc(want, compareSteps)
	for _, w := range want {
		if got := q.pop(); got.due != w.due || got.order != w.order {
			t.Fatalf("got step %d due at %d, want %d at %d", got.order, got.due, w.order, w.due)
		}
	}
	if len(q) != 0 {
		t.Errorf("%d steps are left", len(q))
	}
}

func compareSteps(a, b step) int {
	if a.before(&b) {
		return -1
	}
	return 1
}

// BenchmarkAgenda is what a step costs that has nothing to do, planned a little ahead and in order, as
// arrivals are.
func BenchmarkAgenda(b *testing.B) {
	start := time.Now()
	a := newAgenda(func() time.Duration { return time.Since(start) }, 64, 50_000)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); a.run(ctx) }()
	defer func() { cancel(); <-done }()
	b.ReportAllocs()
	var ran atomic.Int64
	step := func(time.Duration) { ran.Add(1) }
	for i := 0; b.Loop(); i++ {
		if !a.room(ctx) {
			b.Fatal("no room")
		}
		a.at(a.now()+time.Duration(i%1000)*time.Microsecond, step)
	}
	if !a.rest(ctx) || ran.Load() == 0 {
		b.Errorf("%d steps ran", ran.Load())
	}
}
