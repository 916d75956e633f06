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
	unheard := time.AfterFunc(sendGrace, s.clients.stopReading)
	defer unheard.Stop()
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

// clients are the open connections. fasthttp's shutdown waits for everyone who is not between two requests,
// and so for those who have never sent a byte, or who send one for ever.
type clients struct {
	mu   sync.Mutex
	open map[net.Conn]struct{}
}

// follow is fasthttp's ConnState callback.
func (c *clients) follow(conn net.Conn, state fasthttp.ConnState) {
	if state != fasthttp.StateNew && state != fasthttp.StateClosed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == fasthttp.StateClosed {
		delete(c.open, conn)
		return
	}
	if c.open == nil {
		c.open = make(map[net.Conn]struct{})
	}
	c.open[conn] = struct{}{}
}

// stopReading ends every wait for a request. Requests that have arrived are not reading: they get their
// answer.
func (c *clients) stopReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.SetReadDeadline(time.Now()) // fails for a connection that is closing, which is as good
	}
}
