package strawman

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

const (
	startTimeout = 10 * time.Second // of one attempt
	startWait    = 30 * time.Second // of all, where the database is away
	startPause   = 200 * time.Millisecond
	probeTimeout = time.Second

	readTimeout  = 30 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute

	// bodyReadMax is how much is read before the connection is given up. It is more than a body may have, so that a
	// client that sends somewhat too much reads our refusal instead of a reset.
	bodyReadMax = 16 * api.BodyBytesMax
)

// Run waits for the database if that is away, serves until ctx ends, then drains: readiness goes first, then the
// listener, and everything accepted is finished and answered. CreateSchema must have been run. Being stopped while
// still starting is no error.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return run(ctx, c, func() (api, admin net.Listener, err error) {
		if api, err = net.Listen("tcp", c.Addr); err != nil {
			return nil, nil, fmt.Errorf("the API's address: %w", err)
		}
		if c.AdminAddr == "" {
			return api, nil, nil
		}
		if admin, err = net.Listen("tcp", c.AdminAddr); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("the admin address: %w", err), api.Close())
		}
		return api, admin, nil
	})
}

// run owns the listeners that it is given once it is ready for them; admin may be nil.
func run(ctx context.Context, c Config, listen func() (api, admin net.Listener, err error)) error {
	f, err := awaitFront(ctx, c)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer f.shop.db.Close()
	listener, admin, err := listen()
	if err != nil {
		return err
	}

	stop, ready := f.background(ctx, c, admin)
	defer stop()
	server := &fasthttp.Server{
		Handler: f.serve, ErrorHandler: f.unreadable, Logger: httpLog{c.Logger},
		MaxRequestBodySize: bodyReadMax, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		NoDefaultServerHeader: true, CloseOnShutdown: true,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c.Logger.Info("the strawman is serving", "addr", listener.Addr().String(), "without", c.Without)

	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	ready.Store(false)
	<-time.After(c.DrainDelay) // a balancer sends requests here until it has asked again
	// A request has its time, then its answer has to be written.
	draining, cancel := context.WithTimeout(context.Background(), c.RequestTimeout+writeTimeout)
	defer cancel()
	if err := server.ShutdownWithContext(draining); err != nil {
		return fmt.Errorf("draining: %w", err)
	}
	// Shutdown does nothing to a server that has not begun to listen; closing the listener ends that one too.
	_ = listener.Close()
	<-served
	f.working.Wait() // before their commits
	f.shop.trailing.Wait()
	return nil
}

// awaitFront opens the front, again and again while the database is away.
func awaitFront(ctx context.Context, c Config) (*front, error) {
	until := time.Now().Add(startWait)
	for {
		f, err := openFront(ctx, c)
		if err == nil || ctx.Err() != nil || !errors.Is(classify(err), errBusy) || time.Now().After(until) {
			return f, err
		}
		c.Logger.Warn("the database is away", "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(startPause):
		}
	}
}

// openFront connects, prepares, and measures the clock: when it returns, a request could be answered.
func openFront(ctx context.Context, c Config) (*front, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	v, err := newVerifier(c.Secrets, api.WebhookTolerance)
	if err != nil {
		return nil, err
	}
	db, err := open(c)
	if err != nil {
		return nil, err
	}
	s, err := newShop(ctx, db, c)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	f := &front{
		shop: s, gate: newGate(sessions, waitersMax), verifier: v, clock: newClock(c.ClockOffset),
		qtyMax: c.MaxQty, timeout: c.RequestTimeout, log: c.Logger,
	}
	if err := f.clock.measure(ctx, s.st.now); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return f, nil
}

// background starts the sweep, the clock and the admin address; stop ends them and waits. They run on while requests
// drain: a hold may lapse meanwhile, and a probe must be told that we are not ready.
func (f *front) background(ctx context.Context, c Config, admin net.Listener) (stop func(), ready *atomic.Bool) {
	ready = &atomic.Bool{}
	ready.Store(true)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { f.shop.sweepEvery(ctx, c.SweepInterval) })
	running.Go(func() {
		f.clock.follow(ctx, f.shop.st.now, func(err error) { f.log.Warn("the clock", "error", err) })
	})
	probes := &http.Server{Handler: f.probes(ready), ReadTimeout: readTimeout, WriteTimeout: writeTimeout}
	if admin != nil {
		running.Go(func() {
			if err := probes.Serve(admin); !errors.Is(err, http.ErrServerClosed) {
				f.log.Error("the admin address failed", "error", err)
			}
		})
	}
	return func() {
		cancel()
		if err := probes.Close(); err != nil {
			f.log.Warn("closing the admin address", "error", err)
		}
		running.Wait()
	}, ready
}

// probes answers /healthz while the process lives, /readyz while it takes requests and the database answers, and
// /metrics with how wrong the host's clock is.
func (f *front) probes(ready *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !ready.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
		defer cancel()
		if err := f.shop.db.PingContext(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE flashsale_clock_offset_seconds gauge\nflashsale_clock_offset_seconds %g\n", f.clock.ahead().Seconds())
	})
	return mux
}
