package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"flashsale/migrations"
	"flashsale/server/internal/decide"
	"flashsale/server/internal/ledger"
)

// minConnections is the least a pool may hold: connectionsForReads are kept from transactions, so that the
// sweep, the clock, readiness and every read that may run at once get through while every product commits.
const connectionsForReads, minConnections = readGroups*readsAtOnce + 3, 18

// startTimeout bounds what a server does with its database before it listens.
const startTimeout = 10 * time.Second

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
	ready      atomic.Bool
}

// backend is what decides and reads behind the front.
type backend struct {
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

// New connects to the database and checks its schema version. Errors: a Config that does not validate, a
// DSN that cannot be parsed or reached, migrations.WrongVersionError.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	db, err := ledger.Open(cfg.DSN, cfg.ConnectionsMax, cfg.Logger)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := assemble(ctx, cfg, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func assemble(ctx context.Context, cfg Config, db *sql.DB) (*Server, error) {
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := migrations.Check(ctx, db); err != nil {
		return nil, err
	}
	clock := &clock{db: db}
	if err := clock.measure(ctx); err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	verifier, err := newVerifier(cfg, clock)
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
	sweeper := &sweeper{cfg: cfg, db: db, ledger: books, metrics: metrics, releasing: map[int64]bool{}}
	return newServer(cfg, verifier, metrics, backend{
		decider: books,
		reads:   newReads(db, cfg.RequestTimeout, cfg.Logger),
		ping:    db.PingContext,
		background: []func(context.Context){
			sweeper.sweep,
			func(ctx context.Context) { clock.follow(ctx, cfg.Logger) },
		},
		close: db.Close,
	}), nil
}

func newServer(cfg Config, v *verifier, m *metrics, b backend) *Server {
	return &Server{cfg: cfg, verifier: v, metrics: m, backend: b, routes: newRoutes(b.reads),
		scarce: &scarce{reads: b.reads}, deliveries: newDeliveries(b.reads)}
}

// Run serves until ctx ends, then drains: readiness goes first, everything accepted is committed and
// answered, then the connections close. It returns nil after a clean drain.
func (s *Server) Run(ctx context.Context) error {
	api, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen for the API: %w", errors.Join(err, s.close()))
	}
	admin, err := net.Listen("tcp", s.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen for the admin address: %w", errors.Join(err, api.Close(), s.close()))
	}
	return errors.Join(s.serve(ctx, api, admin), s.close())
}

func (s *Server) serve(ctx context.Context, apiListener, adminListener net.Listener) error {
	front, admin := s.frontServer(), s.adminServer()
	background, stopBackground := context.WithCancel(context.Background())
	defer stopBackground()
	work, failed := errgroup.WithContext(ctx)
	s.ready.Store(true) // the listeners are open; before the drain can start, which takes it back
	work.Go(func() error { return front.Serve(calmListener{apiListener}) })
	work.Go(func() error {
		if err := admin.Serve(adminListener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	for _, run := range s.background {
		work.Go(func() error { run(background); return nil })
	}
	work.Go(func() error {
		<-failed.Done() // told to stop, or one of the above broke
		s.notReady(ctx)
		err := s.drain(front, apiListener)
		stopBackground()
		return errors.Join(err, admin.Close())
	})
	s.cfg.Logger.Info("serving", "addr", apiListener.Addr().String(), "admin", adminListener.Addr().String())
	return work.Wait()
}
