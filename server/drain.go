package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// drainGrace is what a drain may take beyond the request time-out. In the first sendGrace of it, a request
// that is half sent may still arrive.
const drainGrace, sendGrace = 2 * time.Second, time.Second

// notReady takes readiness back and serves on for the drain delay: a balancer sends requests here until it has asked
// again, and each of them shall find an open listener. A server that broke, which is to say that ctx has not
// ended, waits for nobody.
func (s *Server) notReady(ctx context.Context) {
	s.phase.Store(draining)
	if s.cfg.DrainDelay > 0 && ctx.Err() != nil {
		s.cfg.Logger.Info("not ready", "drain_delay", s.cfg.DrainDelay)
		<-time.After(s.cfg.DrainDelay)
	}
}

func (s *Server) drain(front *fasthttp.Server, listener net.Listener) error {
	s.cfg.Logger.Info("draining")
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.RequestTimeout+drainGrace)
	defer cancel()
	// Closed here, because a shutdown that comes before the first accept would leave it open for ever.
	closed := listener.Close()
	s.clients.leave(ctx)
	shut := front.ShutdownWithContext(ctx)
	if errors.Is(shut, net.ErrClosed) {
		shut = nil // the listener, closed above
	}
	if err := errors.Join(closed, shut, s.decider.Drain(ctx)); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	s.cfg.Logger.Info("drained")
	return nil
}

// clients are the open connections. fasthttp's shutdown waits for everyone who is not between two requests, and so for
// those who have never sent a byte, or who send one for ever. And it closes whoever it believes to be between two,
// even where the next one has just been read: that would take effect, and never be answered.
type clients struct {
	mu   sync.Mutex
	open map[*calmConn]struct{}
}

// follow is fasthttp's ConnState callback.
func (c *clients) follow(conn net.Conn, state fasthttp.ConnState) {
	calm := conn.(*calmConn) // the listener's
	calm.idle.Store(state == fasthttp.StateIdle)
	if state != fasthttp.StateNew && state != fasthttp.StateClosed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == fasthttp.StateClosed {
		delete(c.open, calm)
		return
	}
	if c.open == nil {
		c.open = make(map[*calmConn]struct{})
	}
	c.open[calm] = struct{}{}
}

// leaveInterval is how often those who are to leave are told so: each answer makes one of them idle.
const leaveInterval = 10 * time.Millisecond

// leave ends every wait for a next request, and after sendGrace every wait for the rest of one, until all connections
// are closed or ctx ends. Requests that have arrived are not interrupted: they get their answer, and it says that the
// connection closes.
func (c *clients) leave(ctx context.Context) {
	tick := time.NewTicker(leaveInterval)
	defer tick.Stop()
	began, open := time.Now(), c.tell(leaveIdle)
	for open > 0 || time.Since(began) < leaveInterval { // the last to be accepted may not be known yet
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		when := int32(leaveIdle)
		if time.Since(began) >= sendGrace {
			when = leaveNow
		}
		open = c.tell(when)
	}
}

// tell tells all open connections to leave, and says how many there are.
func (c *clients) tell(when int32) (open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		conn.leave(when)
	}
	return len(c.open)
}
