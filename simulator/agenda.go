package simulator

import (
	"context"
	"sync"
	"time"
)

// An agenda runs steps at their due times on at most workersMax goroutines. It is how thousands of
// people can think at the same time without a goroutine each: whoever waits is an entry in a heap.
// When all workers are busy, due steps wait for one, and what they send is late; it is never lost.
// Whoever brings new work waits for room first, so that at most openMax steps are planned or
// running, beside the few that running steps themselves plan.
//
// Workers help themselves: whoever is done takes the next step that is due. One worker at a time keeps
// time, asleep until the next step is due; it then names its successor and runs the step itself. So a
// step costs one wake-up, or none when steps are due all the time.
type agenda struct {
	now        func() time.Duration
	workersMax int
	openMax    int

	mu      sync.Mutex
	ctx     context.Context // of the run; nil before it, and after it
	queue   stepQueue
	count   uint64 // steps ever planned: breaks ties, so that equal due times keep their order
	open    int    // steps planned or running
	waiters []*waiter
	started int      // workers
	idle    []worker // those with nothing to do, the last to become so on top
	taken   int      // steps taken since the timekeeper last slept
	keeping bool     // somebody keeps time, or is about to

	timer   *time.Timer   // the timekeeper's
	earlier chan struct{} // holds one token when the timekeeper sleeps too long
	workers sync.WaitGroup
}

// tickMin and tickMax bound how short the timekeeper sleeps, tickMin for every step taken since it last did. What is
// due meanwhile leaves together, half of the sleep late on average, and wakes us and the server once and not every time. So
// calls leave on the dot up to ten thousand a second, and beyond that in bunches of a millisecond, which is as fine as
// the runtime's poller keeps time while it has nothing else to do.
const tickMin, tickMax = 100 * time.Microsecond, time.Millisecond

// A worker sleeps on its channel, and is woken to keep time or to end.
type worker chan struct{}

// A waiter wants to know when fewer than below steps are open.
type waiter struct {
	below   int
	reached chan struct{}
}

func newAgenda(now func() time.Duration, workersMax, openMax int) *agenda {
	return &agenda{now: now, workersMax: workersMax, openMax: openMax, timer: time.NewTimer(time.Hour),
		earlier: make(chan struct{}, 1)}
}

// at plans a step. It never blocks: a running step may call it.
func (a *agenda) at(due time.Duration, do func(due time.Duration)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	a.open++
	a.queue.push(step{due: due, order: a.count, do: do})
	if !a.keeping {
		a.appoint()
		return
	}
	if a.queue[0].order == a.count {
		select {
		case a.earlier <- struct{}{}:
		default:
		}
	}
}

// room waits until the agenda has room for more, and says false if ctx ended first.
func (a *agenda) room(ctx context.Context) bool { return a.wait(ctx, a.openMax) }

// rest waits until nothing is planned or running, and says false if ctx ended first.
func (a *agenda) rest(ctx context.Context) bool { return a.wait(ctx, 1) }

func (a *agenda) wait(ctx context.Context, below int) bool {
	a.mu.Lock()
	if a.open < below {
		a.mu.Unlock()
		return ctx.Err() == nil
	}
	w := &waiter{below: below, reached: make(chan struct{})}
	a.waiters = append(a.waiters, w)
	a.mu.Unlock()
	select {
	case <-w.reached:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// run lets workers run due steps until ctx ends, and returns when the last worker has.
func (a *agenda) run(ctx context.Context) {
	a.mu.Lock()
	a.ctx = ctx
	if len(a.queue) > 0 {
		a.appoint()
	}
	a.mu.Unlock()
	<-ctx.Done()
	a.mu.Lock()
	a.ctx = nil
	for _, w := range a.idle {
		w <- struct{}{}
	}
	a.idle = nil
	a.mu.Unlock()
	a.workers.Wait()
	a.timer.Stop()
}

// appoint wakes or starts a worker to keep time. When all are busy, the first to be done looks after
// the queue. The caller holds the lock.
func (a *agenda) appoint() {
	switch {
	case a.ctx == nil:
	case len(a.idle) > 0:
		last := len(a.idle) - 1
		a.keeping = true
		a.idle[last] <- struct{}{} // there is room: it sleeps
		a.idle = a.idle[:last]
	case a.started < a.workersMax:
		a.started++
		a.keeping = true
		ctx := a.ctx
		a.workers.Go(func() { a.work(ctx) })
	}
}

// work is a worker, which begins as the timekeeper.
func (a *agenda) work(ctx context.Context) {
	self := make(worker, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	for s, ok := a.keepTime(ctx); ok; s, ok = a.next(ctx, self) {
		a.mu.Unlock()
		s.do(s.due)
		a.mu.Lock()
		a.ended()
	}
}

// next is the worker's next step, or false when ctx has ended. The caller holds the lock.
func (a *agenda) next(ctx context.Context, self worker) (step, bool) {
	if ctx.Err() != nil {
		return step{}, false
	}
	if len(a.queue) > 0 && a.queue[0].due <= a.now() {
		return a.take(), true
	}
	if a.keeping || len(a.queue) == 0 {
		if a.ctx == nil {
			return step{}, false
		}
		a.idle = append(a.idle, self)
		a.mu.Unlock()
		<-self
		a.mu.Lock()
	}
	return a.keepTime(ctx)
}

// keepTime sleeps until a step is due, takes it, and leaves the time to another. The caller holds the
// lock, and gets it back.
func (a *agenda) keepTime(ctx context.Context) (step, bool) {
	a.keeping = true
	for ctx.Err() == nil {
		wait := time.Hour
		if len(a.queue) > 0 {
			wait = a.queue[0].due - a.now()
		}
		if wait <= 0 {
			s := a.take()
			a.keeping = false
			if len(a.queue) > 0 {
				a.appoint()
			}
			return s, true
		}
		tick := min(max(time.Duration(a.taken)*tickMin, tickMin), tickMax)
		a.taken = 0
		a.mu.Unlock()
		a.timer.Reset(max(wait, tick))
		select {
		case <-ctx.Done():
		case <-a.timer.C:
		case <-a.earlier:
		}
		a.mu.Lock()
	}
	return step{}, false
}

// take takes the first step off the queue. The caller holds the lock.
func (a *agenda) take() step {
	a.taken++
	return a.queue.pop()
}

// ended takes note of a step that is done, and tells whoever waited for that.
func (a *agenda) ended() {
	a.open--
	kept := a.waiters[:0]
	for _, w := range a.waiters {
		if a.open < w.below {
			close(w.reached)
			continue
		}
		kept = append(kept, w)
	}
	a.waiters = kept
}
