package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"flashsale/server/internal/decide"
	"flashsale/server/internal/ledger"
)

// minConnections is the least a pool may hold: connectionsForReads are kept from transactions, so that the
// sweep, the clock, readiness and every read that may run at once get through while every product commits.
const connectionsForReads, minConnections = readGroups*readsAtOnce + 3, 18

// Server is one replica of the checkout.
type Server struct {
	backend
	cfg        Config
	routes     *routes
	scarce     *scarce
	deliveries *deliveries
	verifier   *verifier
	metrics    *metrics
	clients    clients
	phase      atomic.Value // of type phase
}

// phase is where a server is in its life, in the words of /readyz.
type phase string

// The phases, in order.
const (
	starting phase = "starting: waiting for the database"
	serving  phase = "ready"
	draining phase = "draining"
)

// backend is what decides and reads behind the front.
type backend struct {
	prepare    func(context.Context) error // waits until the backend can serve; nil: it can
	decider    decider
	reads      *reads
	ping       func(context.Context) error
	background []func(context.Context) // each runs until its context ends
	close      func() error
}

// decider decides a command by the deadline, as ledger.Ledger does.
type decider interface {
	SubmitBy(deadline time.Time, productID int64, command decide.Command) (decide.Answer, error)
	Drain(ctx context.Context) error
}

// New puts a server together; the database is Run's to wait for. Errors: a Config that does not validate, a
// DSN that cannot be parsed.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	clock := newClock(cfg.ClockOffset)
	verifier, err := newVerifier(cfg, clock)
	if err != nil {
		return nil, err
	}
	db, err := ledger.Open(cfg.DSN, cfg.ConnectionsMax, cfg.Logger)
	if err != nil {
		return nil, err
	}
	metrics := newMetrics()
	books := ledger.New(ledger.Config{
		DB: db, HoldTTL: cfg.HoldTTL, QueueMax: cfg.QueueMax, BatchMax: cfg.BatchMax,
		ConcurrentMax: cfg.ConnectionsMax - connectionsForReads, RequestTimeout: cfg.RequestTimeout,
		Logger: cfg.Logger, Observe: metrics,
	})
	metrics.watchQueue(books.Queued)
	metrics.watchClock(clock.offset)
	sweeper := &sweeper{cfg: cfg, db: db, ledger: books, metrics: metrics, releasing: map[int64]bool{}}
	return newServer(cfg, verifier, metrics, backend{
		prepare: (&start{cfg: cfg, db: db, clock: clock, wait: startWait}).await,
		decider: books,
		reads:   newReads(db, cfg.RequestTimeout, cfg.Logger),
		ping:    db.PingContext,
		background: []func(context.Context){
			sweeper.sweep,
			func(ctx context.Context) { clock.follow(ctx, db, cfg.Logger) },
		},
		close: db.Close,
	}), nil
}

func newServer(cfg Config, v *verifier, m *metrics, b backend) *Server {
	s := &Server{cfg: cfg, verifier: v, metrics: m, backend: b, routes: newRoutes(b.reads),
		scarce: &scarce{reads: b.reads}, deliveries: newDeliveries(b.reads)}
	s.phase.Store(starting)
	return s
}

// Run waits for the database, then serves until ctx ends, then drains: readiness goes first, everything accepted
// is committed and answered, then the connections close. It returns nil after a clean drain, and when ctx ends
// before there was anything to drain.
//
// The admin address is open from the first moment, so that whoever watches sees a process that lives and is not
// ready. The API's opens when the database has answered: until then connections to it are refused, and a refused
// connection is the one failure that every client and balancer knows to have had no effect.
//
// Errors: an address that cannot be listened on; a database that did not answer for startWait, or refused; a schema
// that is not for this build (migrations.WrongVersionError); a drain that took too long.
func (s *Server) Run(ctx context.Context) error {
	admin, err := net.Listen("tcp", s.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen for the admin address: %w", errors.Join(err, s.close()))
	}
	api := func() (net.Listener, error) {
		l, err := net.Listen("tcp", s.cfg.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen for the API: %w", err)
		}
		return l, nil
	}
	return errors.Join(s.run(ctx, addresses{admin: admin, api: api}), s.close())
}

// addresses are where a server listens. The API's is opened when there is something to say.
type addresses struct {
	admin net.Listener
	api   func() (net.Listener, error)
}

// run is Run without its own listeners.
func (s *Server) run(ctx context.Context, at addresses) error {
	admin := s.adminServer()
	work, failed := errgroup.WithContext(ctx)
	work.Go(func() error {
		if err := admin.Serve(at.admin); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	work.Go(func() error {
		err := s.startAndServe(ctx, failed, at)
		return errors.Join(err, admin.Close())
	})
	return work.Wait()
}

// startAndServe serves the API once it can be served. ctx is what tells the server to stop; failed ends also when
// the admin address breaks.
func (s *Server) startAndServe(ctx, failed context.Context, at addresses) error {
	if s.prepare != nil {
		switch err := s.prepare(failed); {
		case failed.Err() != nil:
			return nil // told to stop before there was anything to drain
		case err != nil:
			return err
		}
	}
	api, err := at.api()
	if err != nil {
		return err
	}
	s.cfg.Logger.Info("serving", "addr", api.Addr().String(), "admin", at.admin.Addr().String())
	return s.serve(ctx, failed, api)
}

func (s *Server) serve(ctx, failed context.Context, listener net.Listener) error {
	front := s.frontServer()
	background, stopBackground := context.WithCancel(context.Background())
	defer stopBackground()
	work, failed := errgroup.WithContext(failed)
	s.phase.Store(serving) // the listeners are open; before the drain can start, which takes it back
	work.Go(func() error { return front.Serve(calmListener{listener}) })
	for _, run := range s.background {
		work.Go(func() error { run(background); return nil })
	}
	work.Go(func() error {
		<-failed.Done() // told to stop, or one of the above broke
		s.notReady(ctx)
		err := s.drain(front, listener)
		stopBackground()
		return err
	})
	return work.Wait()
}
