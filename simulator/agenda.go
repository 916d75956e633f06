package simulator

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// An agenda runs steps at their due times on at most workersMax goroutines. It is how thousands of
// people can think at the same time without a goroutine each: whoever waits is an entry in a heap.
// When all workers are busy, due steps wait for one, and what they send is late; it is never lost.
// Whoever brings new work waits for room first, so that at most openMax steps are planned or
// running, beside the few that running steps themselves plan.
type agenda struct {
	now        func() time.Duration
	workersMax int
	openMax    int

	mu    sync.Mutex
	freed *sync.Cond // a step ended
	queue stepQueue
	count uint64 // steps ever planned: breaks ties, so that equal due times keep their order
	open  int    // steps planned or running

	earlier chan struct{} // holds one token when the head of the queue changed
	ready   chan step
	workers sync.WaitGroup
}

// A step is something to do at a time; it is told when it was due.
type step struct {
	due   time.Duration
	order uint64
	do    func(due time.Duration)
}

func newAgenda(now func() time.Duration, workersMax, openMax int) *agenda {
	a := &agenda{now: now, workersMax: workersMax, openMax: openMax, earlier: make(chan struct{}, 1),
		ready: make(chan step)}
	a.freed = sync.NewCond(&a.mu)
	return a
}

// at plans a step. It never blocks: a running step may call it.
func (a *agenda) at(due time.Duration, do func(due time.Duration)) {
	a.mu.Lock()
	a.count++
	a.open++
	s := step{due: due, order: a.count, do: do}
	heap.Push(&a.queue, s)
	first := a.queue[0].order == s.order
	a.mu.Unlock()
	if first {
		select {
		case a.earlier <- struct{}{}:
		default:
		}
	}
}

// room waits until the agenda has room for more, and says false if ctx ended first.
func (a *agenda) room(ctx context.Context) bool {
	return a.wait(ctx, func() bool { return a.open < a.openMax })
}

// idle waits until nothing is planned or running, and says false if ctx ended first.
func (a *agenda) idle(ctx context.Context) bool {
	return a.wait(ctx, func() bool { return a.open == 0 })
}

func (a *agenda) wait(ctx context.Context, holds func() bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if holds() {
		return ctx.Err() == nil
	}
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.freed.Broadcast()
	})
	defer stop()
	for !holds() && ctx.Err() == nil {
		a.freed.Wait()
	}
	return ctx.Err() == nil
}

// run hands due steps to workers until ctx ends, and returns when the last worker has.
func (a *agenda) run(ctx context.Context) {
	defer a.workers.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	started := 0
	for ctx.Err() == nil {
		s, wait := a.next()
		if s.do == nil {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			case <-a.earlier:
			}
			continue
		}
		select {
		case a.ready <- s:
			continue
		default:
		}
		if started < a.workersMax {
			started++
			a.workers.Go(func() { a.work(ctx, s) })
			continue
		}
		select {
		case a.ready <- s:
		case <-ctx.Done():
			return
		}
	}
}

// next takes the first step if it is due; else it says how long to wait for it.
func (a *agenda) next() (step, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == 0 {
		return step{}, time.Hour
	}
	if wait := a.queue[0].due - a.now(); wait > 0 {
		return step{}, wait
	}
	return heap.Pop(&a.queue).(step), 0
}

func (a *agenda) work(ctx context.Context, s step) {
	for {
		s.do(s.due)
		a.mu.Lock()
		a.open--
		a.freed.Broadcast()
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case s = <-a.ready:
		}
	}
}

// A stepQueue is a heap of steps, the earliest first.
type stepQueue []step

func (q stepQueue) Len() int { return len(q) }

func (q stepQueue) Less(i, j int) bool {
	if q[i].due != q[j].due {
		return q[i].due < q[j].due
	}
	return q[i].order < q[j].order
}

func (q stepQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is heap.Interface's.
func (q *stepQueue) Push(x any) { *q = append(*q, x.(step)) }

// Pop is heap.Interface's.
func (q *stepQueue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last] = step{}
	*q = (*q)[:last]
	return s
}
