package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"flashsale/internal/wire"
)

// Waits. A closed loop of many connections on a slow server queues for seconds.
const (
	dialWait   = 5 * time.Second
	answerWait = 30 * time.Second // for what was sent when the load's time was over
)

// Work does one unit of work on a connection: one request, or several in sequence.
type Work func(c *Conn) error

// fleet is the connections of one load, and how it ended.
type fleet struct {
	conns   []*Conn
	stop    atomic.Bool // no new unit is begun
	failure atomic.Pointer[error]
	stopped chan struct{}
	once    sync.Once
}

// dial opens the connections, each to the next of the base URLs in turn; all of them end within answerWait of the
// load's own duration.
func dial(ctx context.Context, urls []string, connections int, lasts time.Duration) (*fleet, error) {
	f := &fleet{stopped: make(chan struct{})}
	deadline := time.Now().Add(lasts + answerWait)
	dialer := net.Dialer{Timeout: dialWait}
	for i := range connections {
		addr := strings.TrimPrefix(urls[i%len(urls)], "http://")
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect to the server: %w", err), f.close())
		}
		f.conns = append(f.conns, &Conn{wire: wire.New(conn, answerBytesMax), deadline: deadline})
	}
	return f, nil
}

func (f *fleet) close() error {
	var errs []error
	for _, c := range f.conns {
		if err := c.wire.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// end lets every connection finish its unit.
func (f *fleet) end() {
	f.once.Do(func() {
		f.stop.Store(true)
		close(f.stopped)
	})
}

// fail ends the load; the first error is the one that is told.
func (f *fleet) fail(err error) {
	f.failure.CompareAndSwap(nil, &err)
	f.end()
}

// run has each connection worked on by a goroutine of its own while meanwhile goes on; when that returns, the units
// in hand are finished. If ctx ends, the calls in flight are cut.
func (f *fleet) run(ctx context.Context, each func(i int, c *Conn) error, meanwhile func(context.Context)) error {
	unhook := context.AfterFunc(ctx, func() {
		f.fail(context.Cause(ctx))
		_ = f.close() // ends the calls in flight
	})
	defer unhook()
	var workers sync.WaitGroup
	for i, c := range f.conns {
		workers.Go(func() {
			if err := each(i, c); err != nil {
				f.fail(err)
			}
		})
	}
	meanwhile(ctx)
	f.end()
	workers.Wait()
	if err := f.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Once does one unit of work on a connection of its own.
func Once(ctx context.Context, url string, work Work) (err error) {
	f, err := dial(ctx, []string{url}, 1, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	return f.run(ctx, func(_ int, c *Conn) error { return work(c) }, func(context.Context) {})
}

// answered counts the answers so far.
func (f *fleet) answered() int64 {
	n := int64(0)
	for _, c := range f.conns {
		n += c.answered.Load()
	}
	return n
}

// pause waits for a moment, or for the load's end if that comes first.
func (f *fleet) pause(until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.stopped:
	}
}
