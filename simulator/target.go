package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"flashsale/internal/wire"
)

// Bounds of a connection's life and of an answer's size.
const (
	dialTimeout    = 3 * time.Second
	idleConnMax    = 10 * time.Second // shorter than any sensible server's, so that the client closes first
	answerBytesMax = 1 << 20
)

// A target is one server, and our connections to it. There are never more of them than calls in flight
// at the same time; the last to come back is the first to leave, so that those in excess grow old.
type target struct {
	host   string // as in the Host header
	addr   string
	dialer interface {
		DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	}
	closed context.Context // ends when nothing may be sent any more

	mu   sync.Mutex
	open map[*wire.Conn]struct{}
	idle []idleConn // in the order in which they came back
}

type idleConn struct {
	conn  *wire.Conn
	since time.Duration // on the run's clock
}

// newTarget reads a base URL. Nothing is sent once closed has ended.
func newTarget(closed context.Context, text string) (*target, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("target %q is not a base URL like http://127.0.0.1:8080", text)
	}
	t := &target{host: base.Host, addr: base.Host, dialer: &net.Dialer{}, closed: closed,
		open: make(map[*wire.Conn]struct{})}
	port := "80"
	if base.Scheme == "https" {
		port, t.dialer = "443", &tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	}
	if base.Port() == "" {
		t.addr = net.JoinHostPort(base.Hostname(), port)
	}
	return t, nil
}

// acquire takes an idle connection, or opens one.
func (t *target) acquire(now time.Duration, deadline time.Time) (*wire.Conn, error) {
	t.mu.Lock()
	t.prune(now)
	if last := len(t.idle) - 1; last >= 0 {
		conn := t.idle[last].conn
		t.idle = t.idle[:last]
		t.mu.Unlock()
		return conn, nil
	}
	t.mu.Unlock()
	return t.dial(deadline)
}

// prune closes what has been idle for too long. The caller holds the lock.
func (t *target) prune(now time.Duration) {
	old := 0
	for old < len(t.idle) && now-t.idle[old].since > idleConnMax {
		t.discard(t.idle[old].conn)
		old++
	}
	if old > 0 {
		t.idle = append(t.idle[:0], t.idle[old:]...)
	}
}

// discard closes a connection. The caller holds the lock.
func (t *target) discard(conn *wire.Conn) {
	delete(t.open, conn)
	_ = conn.Close() // the only use left for it is to fail
}

func (t *target) dial(deadline time.Time) (*wire.Conn, error) {
	if limit := time.Now().Add(dialTimeout); limit.Before(deadline) {
		deadline = limit
	}
	ctx, cancel := context.WithDeadline(t.closed, deadline)
	defer cancel()
	opened, err := t.dialer.DialContext(ctx, "tcp", t.addr)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed.Err() != nil {
		_ = opened.Close() // it was never used
		return nil, net.ErrClosed
	}
	conn := wire.New(opened, answerBytesMax)
	t.open[conn] = struct{}{}
	return conn, nil
}

// release takes a connection back after a call, to be used again if the call left it fit for that.
func (t *target) release(conn *wire.Conn, now time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !conn.Reusable() || t.closed.Err() != nil {
		t.discard(conn)
		return
	}
	t.idle = append(t.idle, idleConn{conn: conn, since: now})
}

// cut closes every connection, busy or idle.
func (t *target) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for conn := range t.open {
		t.discard(conn)
	}
	t.idle = nil
}
