// Package balancer is one address for several servers: an HTTP balancer of the kind that stands in front of
// replicas in production, small enough to run inside a test. It asks every server for its readiness and sends requests
// in turn to those that are ready. A server that says it is not, or that refuses connections, gets no more of
// them from that moment on; what it already has, it may finish.
//
// Requests and answers pass unchanged, because webhooks are signed over the raw body. A request goes to another server
// only if no byte of it was sent, that is, if no connection came about. Once something was sent nobody knows what became
// of it, and the answer says so: 502 or 504, `outcome-unknown`. With no server to send to it is 503, `overloaded`: it had
// no effect. (A GET changes nothing, and net/http sends it again if a kept connection turns out to be closed.)
package balancer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What clients are granted. The bounds are wider than the servers' own, so that a client behind the balancer meets
// those. writeTimeout runs from a request's headers to the last byte of its answer.
const (
	requestsMax    = 16384 // at a time
	bodyMax        = 1 << 20
	headerBytesMax = 16 << 10
	readTimeout    = 10 * time.Second
	answerTimeout  = 30 * time.Second
	writeTimeout   = answerTimeout + readTimeout
	idleTimeout    = 2 * time.Minute
)

// readyPoll is how often AwaitReady looks.
const readyPoll = 10 * time.Millisecond

// Backend is where a server is: base URLs without a slash at the end.
type Backend struct {
	URL   string // what requests are sent to
	Admin string // where it answers /readyz
}

// Balancer serves until it is closed. Its methods may be called from several goroutines.
type Balancer struct {
	backends []*backend
	proxy    *httputil.ReverseProxy
	front    *http.Server
	addr     string
	ended    context.CancelFunc // ends questions and requests
	running  sync.WaitGroup

	turn     atomic.Uint64
	requests atomic.Int64 // in flight

	choosing sync.Mutex
	rotation atomic.Pointer[[]*backend] // those that are ready; replaced, never changed
}

// Start serves on the listener, which is then its own, and begins to ask the servers. None counts as ready before it
// has said so.
func Start(listener net.Listener, backends []Backend) *Balancer {
	ctx, ended := context.WithCancel(context.Background())
	b := &Balancer{ended: ended, addr: listener.Addr().String()}
	b.rotation.Store(new([]*backend))
	b.proxy = newProxy(b)
	b.front = &http.Server{
		Handler: b, MaxHeaderBytes: headerBytesMax, ErrorLog: silent(),
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	for _, at := range backends {
		b.backends = append(b.backends, newBackend(at))
	}
	for _, one := range b.backends {
		b.running.Go(func() { b.follow(ctx, one) })
	}
	b.running.Go(func() { _ = b.front.Serve(listener) }) // until Close: it ends for no other reason
	return b
}

// Addr is where it listens.
func (b *Balancer) Addr() string { return b.addr }

// Close cuts what is still in flight and waits until nobody is asked any more.
func (b *Balancer) Close() error {
	b.ended()
	err := b.front.Close()
	b.running.Wait()
	for _, one := range b.backends {
		one.requests.CloseIdleConnections()
		one.questions.CloseIdleConnections()
	}
	if err != nil {
		return fmt.Errorf("close the balancer: %w", err)
	}
	return nil
}

// AwaitReady returns when the backend of that number gets requests.
func (b *Balancer) AwaitReady(ctx context.Context, index int) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for !slices.Contains(*b.rotation.Load(), b.backends[index]) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the balancer sends no requests to server %d: %w", index, ctx.Err())
		case <-poll.C:
		}
	}
	return nil
}

// next is the server whose turn it is; nil if none is ready.
func (b *Balancer) next() *backend {
	ready := *b.rotation.Load()
	if len(ready) == 0 {
		return nil
	}
	return ready[b.turn.Add(1)%uint64(len(ready))]
}

// set takes a server into the rotation, or out of it. Out means that the connections to it which nobody uses are
// closed, now and, because it is said again with every poll, later: they would be found dead by the next
// request after its restart.
func (b *Balancer) set(one *backend, ready bool) {
	b.choosing.Lock()
	defer b.choosing.Unlock()
	one.ready = ready
	rotation := slices.DeleteFunc(slices.Clone(b.backends), func(each *backend) bool { return !each.ready })
	b.rotation.Store(&rotation)
	if !ready {
		one.requests.CloseIdleConnections()
	}
}

// ServeHTTP passes one request on.
func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer b.requests.Add(-1)
	switch {
	case b.requests.Add(1) > requestsMax:
		answerError(w, r, errNobodyReady)
	case r.ContentLength > bodyMax:
		answerError(w, r, &http.MaxBytesError{Limit: bodyMax})
	default:
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		w.Header()["Content-Type"] = nil // net/http would guess the type of an answer that has none
		b.proxy.ServeHTTP(w, r)
	}
}

// RoundTrip sends a request to the server whose turn it is. A server that cannot be connected to is taken out of the
// rotation until it says again that it is ready, and the next one has its turn.
func (b *Balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.WithContext(r.Context())
	if r.Body != nil {
		out.Body = io.NopCloser(r.Body) // a transport closes it after a failure; the next one still needs it
	}
	for range b.backends {
		to := b.next()
		if to == nil {
			break
		}
		at := *r.URL
		at.Host = to.host
		out.URL = &at
		answer, err := to.requests.RoundTrip(out)
		if !errors.As(err, new(*unconnectedError)) {
			return answer, err
		}
		b.set(to, false)
	}
	return nil, errNobodyReady
}

// silent drops what net/http has to say about clients and servers that hang up.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
