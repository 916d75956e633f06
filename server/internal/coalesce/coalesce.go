// Package coalesce lets many callers share one database read without ever being told something old: a
// caller may share only a read that BEGAN after the caller arrived. Callers that come while a read is in
// flight wait for the next one, which asks for all their keys at once. A burst of ten thousand buyers
// who look at one product costs a few statements, and each of them sees a state that was true between
// question and answer.
package coalesce

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrFull is returned when as many keys as allowed are already waiting.
var ErrFull = errors.New("too many reads are waiting")

// Fetch reads the values of keys from the database; keys that it does not find are left out.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Config bounds a group.
type Config struct {
	KeysMax       int           // keys in one read
	ConcurrentMax int           // reads in flight
	WaitingMax    int           // keys waiting for a read to begin
	Timeout       time.Duration // of one read
}

// Group coalesces reads of one kind.
type Group[K comparable, V any] struct {
	Config
	fetch   Fetch[K, V]
	mu      sync.Mutex
	pending map[K]*call[V] // reads that have not begun
	order   []K            // keys of pending, first come first served
	running int
}

// call is one key's share of a read; done is closed when the rest is set, by the read or by the first caller's
// deadline, whichever comes first.
type call[V any] struct {
	done     chan struct{}
	deadline *time.Timer
	ended    atomic.Bool
	value    V
	found    bool
	err      error
}

func (c *call[V]) end(value V, found bool, err error) {
	if c.ended.CompareAndSwap(false, true) {
		c.value, c.found, c.err = value, found, err
		close(c.done)
	}
}

// New returns a group that reads with fetch.
func New[K comparable, V any](c Config, fetch Fetch[K, V]) *Group[K, V] {
	return &Group[K, V]{Config: c, fetch: fetch, pending: make(map[K]*call[V])}
}

// Get returns the value of a key as a read that began after this call saw it. Errors: ErrFull, the read's, or
// context.DeadlineExceeded if there is no answer by the deadline, or by that of somebody who has waited for the same
// read for longer: so all of them need one timer.
func (g *Group[K, V]) Get(deadline time.Time, key K) (value V, found bool, err error) {
	c, err := g.join(deadline, key)
	if err != nil {
		return value, false, err
	}
	<-c.done
	return c.value, c.found, c.err
}

func (g *Group[K, V]) join(deadline time.Time, key K) (*call[V], error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := g.pending[key]; ok && !c.ended.Load() {
		return c, nil
	}
	if len(g.pending) >= g.WaitingMax {
		return nil, ErrFull
	}
	c := &call[V]{done: make(chan struct{})}
	c.deadline = time.AfterFunc(time.Until(deadline), func() {
		var none V
		c.end(none, false, context.DeadlineExceeded)
	})
	if _, ok := g.pending[key]; !ok {
		g.order = append(g.order, key)
	}
	g.pending[key] = c
	if g.running < g.ConcurrentMax {
		g.running++
		go g.work()
	}
	return c, nil
}

// work reads until nobody waits.
func (g *Group[K, V]) work() {
	for {
		keys, calls := g.begin()
		if len(keys) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), g.Timeout)
		values, err := g.fetch(ctx, keys)
		cancel()
		for i, c := range calls {
			c.deadline.Stop()
			value, found := values[keys[i]]
			c.end(value, found, err)
		}
		// Those who have their answers go first: what they ask next, and others who are waiting to be heard, joins the
		// next read. Where nobody is ready to run, this costs nothing.
		runtime.Gosched()
	}
}

// begin takes the next keys out of pending: from here on, who comes waits for a later read.
func (g *Group[K, V]) begin() (keys []K, calls []*call[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.order), g.KeysMax)
	if n == 0 {
		g.running--
		return nil, nil
	}
	keys = append(keys, g.order[:n]...)
	g.order = append(g.order[:0], g.order[n:]...)
	for _, k := range keys {
		calls = append(calls, g.pending[k])
		delete(g.pending, k)
	}
	return keys, calls
}
