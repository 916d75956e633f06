package road

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Limits.
const (
	crossingsMax = 16384            // connections at a time; one more is closed at once
	dialWait     = 10 * time.Second // for the backend to take a connection
	acceptPause  = 10 * time.Millisecond
)

// Road takes connections, and passes on what travels on them, both ways. Its methods may be called from several
// goroutines, at any time.
type Road struct {
	listener net.Listener
	network  string // of the backend, as net.Dial has it
	backend  string
	dialect  Dialect
	buffers  sync.Pool

	weather atomic.Pointer[weather]
	rule    atomic.Pointer[rule]
	ambush  atomic.Pointer[ambush]
	cuts    atomic.Int64

	closing context.Context
	close   context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex // the weather's writers and what follows
	crossings map[*crossing]struct{}
	lastID    uint64
}

// New opens a road from the listener, which it closes in the end, to a backend, which need not be there yet. It runs
// until Close.
func New(from net.Listener, network, backend string, d Dialect) *Road {
	r := &Road{
		listener: from, network: network, backend: backend, dialect: d,
		buffers:   sync.Pool{New: func() any { return new(buffer) }},
		crossings: map[*crossing]struct{}{},
	}
	r.closing, r.close = context.WithCancel(context.Background())
	r.weather.Store(&weather{})
	r.running.Go(r.accept)
	return r
}

// Addr is where the road begins.
func (r *Road) Addr() string { return r.listener.Addr().String() }

// Close ends the road and every connection on it.
func (r *Road) Close() error {
	r.close()
	err := r.listener.Close()
	r.mu.Lock()
	for c := range r.crossings {
		c.end(closed)
	}
	r.mu.Unlock()
	r.running.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the road to %s: %w", r.backend, err)
	}
	return nil
}

func (r *Road) accept() {
	for {
		client, err := r.listener.Accept()
		if err == nil {
			r.admit(client)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		select { // out of file descriptors, say: it may pass
		case <-time.After(acceptPause):
		case <-r.closing.Done():
			return
		}
	}
}

// admit sends a connection on its way.
func (r *Road) admit(client net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing.Err() != nil || len(r.crossings) >= crossingsMax {
		_ = client.Close()
		return
	}
	r.lastID++
	c := &crossing{road: r, id: r.lastID, client: client, over: make(chan struct{})}
	r.crossings[c] = struct{}{}
	r.running.Go(c.run)
}

func (r *Road) forget(c *crossing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.crossings, c)
}
