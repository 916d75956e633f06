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
	"flashsale/server/internal/ledger"
)

// minConnections is the least a pool may hold: connectionsForReads are kept from transactions, so that the
// sweep, the clock, readiness and every read that may run at once get through while every product commits.
const connectionsForReads, minConnections = readGroups*readsAtOnce + 3, 18

// startTimeout bounds what a server does with its database before it listens.
const startTimeout = 10 * time.Second

// Server is one replica of the checkout.
type Server struct {
	cfg      Config
	db       *sql.DB
	ledger   *ledger.Ledger
	reads    *reads
	routes   *routes
	verifier *verifier
	clock    *clock
	metrics  *metrics
	clients  clients
	ready    atomic.Bool
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
	reads := newReads(db, cfg.RequestTimeout, cfg.Logger)
	return &Server{
		cfg: cfg, db: db, clock: clock, verifier: verifier, metrics: metrics,
		reads: reads, routes: newRoutes(reads),
		ledger: ledger.New(ledger.Config{
			DB: db, HoldTTL: cfg.HoldTTL, QueueMax: cfg.QueueMax,
			ConcurrentMax: cfg.ConnectionsMax - connectionsForReads, RequestTimeout: cfg.RequestTimeout,
			Logger: cfg.Logger, Observe: metrics,
		}),
	}, nil
}

// Run serves until ctx ends, then drains: readiness goes first, everything accepted is committed and
// answered, then the connections close. It returns nil after a clean drain.
func (s *Server) Run(ctx context.Context) error {
	api, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen for the API: %w", errors.Join(err, s.db.Close()))
	}
	admin, err := net.Listen("tcp", s.cfg.AdminAddr)
	if err != nil {
		return fmt.Errorf("listen for the admin address: %w", errors.Join(err, api.Close(), s.db.Close()))
	}
	return errors.Join(s.serve(ctx, api, admin), s.db.Close())
}

func (s *Server) serve(ctx context.Context, apiListener, adminListener net.Listener) error {
	front, admin := s.frontServer(), s.adminServer()
	background, stopBackground := context.WithCancel(context.Background())
	defer stopBackground()
	work, failed := errgroup.WithContext(ctx)
	s.ready.Store(true) // the listeners are open; before the drain can start, which takes it back
	work.Go(func() error { return front.Serve(apiListener) })
	work.Go(func() error {
		if err := admin.Serve(adminListener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	work.Go(func() error { s.sweep(background); return nil })
	work.Go(func() error { s.clock.follow(background, s.cfg.Logger); return nil })
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
