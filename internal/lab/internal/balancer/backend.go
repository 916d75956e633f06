package balancer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// How a server is asked. One that is silent is not out at once: on a busy machine an answer may take its time. One that
// SAYS it is not ready is, and so is one whose port is closed.
const (
	pollInterval = 50 * time.Millisecond
	pollTimeout  = 250 * time.Millisecond
	silenceMax   = time.Second
)

// How requests travel to a server. A connection that is not used is closed long before any server would close it:
// a request on its way to a closing connection is lost.
const (
	connectTimeout = time.Second
	keptIdle       = 30 * time.Second
	keptMax        = 1024
)

// backend is one server.
type backend struct {
	host      string // of its URL
	readyz    string
	requests  *http.Transport
	questions *http.Transport // its own, so that no request is ahead of it

	ready bool // guarded by Balancer.choosing
}

func newBackend(at Backend) *backend {
	return &backend{
		host: strings.TrimPrefix(at.URL, "http://"), readyz: at.Admin + "/readyz",
		requests: newTransport(keptMax), questions: newTransport(1),
	}
}

func newTransport(kept int) *http.Transport {
	dialer := net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, &unconnectedError{err}
			}
			return conn, nil
		},
		MaxIdleConnsPerHost: kept, IdleConnTimeout: keptIdle, ResponseHeaderTimeout: answerTimeout,
		DisableCompression: true, // or answers would change on their way
	}
}

// unconnectedError says that no connection came about, so that not a byte was sent.
type unconnectedError struct{ cause error }

// Error is error's.
func (e *unconnectedError) Error() string { return "not connected: " + e.cause.Error() }

// Unwrap is errors.Is's.
func (e *unconnectedError) Unwrap() error { return e.cause }

// follow asks a server again and again whether it is ready, until ctx ends.
func (b *Balancer) follow(ctx context.Context, one *backend) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for heard := time.Now(); ; {
		asked := time.Now()
		ready, err := one.ask(ctx)
		var timeout net.Error
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &timeout) && timeout.Timeout():
			if asked.Sub(heard) > silenceMax {
				b.set(one, false)
			}
		default:
			heard = time.Now()
			b.set(one, ready)
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// ask asks once.
func (one *backend) ask(ctx context.Context) (ready bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, one.readyz, nil)
	if err != nil {
		return false, err
	}
	answer, err := one.questions.RoundTrip(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	// Read to its end, or the connection could not be used again.
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, bodyMax)); err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, nil
}
