package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/spf13/cobra"

	"flashsale/checker"
	"flashsale/internal/binlog"
	"flashsale/internal/watch"
	"flashsale/reports"
)

// watchFlags is what `flashsale watch` is told.
type watchFlags struct {
	dsn           string
	metricsAddr   string
	holdTTL       time.Duration
	recent        int
	duration      time.Duration
	json          bool
	decisionTimes bool
}

const (
	metricsAddrDefault = "127.0.0.1:8082"
	recentDefault      = 100_000
)

func newWatch() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use: "watch", Short: "Judge every commit of a running system as it happens", Args: cobra.NoArgs,
		Long: "Follows the binlog of the database that --dsn names, judges every commit as it happens, and prints\n" +
			"what is broken the moment it breaks. It begins with the rows as they stand, writes nothing, takes no locks,\n" +
			"and its memory does not grow. Ctrl-C ends it with the verdict so far.\n\n" + exitCodesHelp,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dsn, "dsn", "", "database to watch, in go-sql-driver's format")
	flags.StringVar(&f.metricsAddr, "metrics-addr", metricsAddrDefault, "address of /metrics, for Prometheus; empty: none")
	flags.DurationVar(&f.holdTTL, "hold-ttl", 0, "how long the shop says a hold lasts; 0: not judged")
	flags.IntVar(&f.recent, "recent", recentDefault, "settled rows of each table to remember: what bounds the memory")
	flags.DurationVar(&f.duration, "for", 0, "end after this time; 0: at Ctrl-C")
	flags.BoolVar(&f.json, "json", false, "print violations as one line of JSON each, and all else on stderr")
	decisionTimesFlag(flags, &f.decisionTimes)
	return cmd
}

func (f *watchFlags) validate() error {
	switch {
	case f.holdTTL < 0:
		return badInput("--hold-ttl %v: must not be negative", f.holdTTL)
	case f.recent < 1:
		return badInput("--recent %d: must be at least 1", f.recent)
	case f.duration < 0:
		return badInput("--for %v: must not be negative", f.duration)
	}
	return nil
}

func (f *watchFlags) run(ctx context.Context, out, status io.Writer) error {
	if err := f.validate(); err != nil {
		return err
	}
	return withDatabase(ctx, f.dsn, func(ctx context.Context, db *sql.DB) error {
		if err := binlog.Probe(ctx, f.dsn); err != nil {
			return cannot(fmt.Errorf("this database cannot be watched: %w", err))
		}
		metrics := watch.NewMetrics()
		stop, err := serveMetrics(f.metricsAddr, metrics.Handler(), status)
		if err != nil {
			return err
		}
		defer stop()
		return f.watch(ctx, db, metrics, out, status)
	})
}

// watch prints violations on out, how it goes on status, and the verdict on out unless that is for programs.
func (f *watchFlags) watch(ctx context.Context, db *sql.DB, metrics *watch.Metrics, out, status io.Writer) error {
	screen := &watch.Screen{
		Out: out, Status: status, JSON: f.json, Terminal: isTerminal(status), Color: reports.WantsColor(out),
		Database: databaseName(f.dsn), TTL: f.holdTTL > 0,
	}
	v, err := watch.Run(ctx, watch.Options{
		DSN: f.dsn, DB: db, For: f.duration, Metrics: metrics, Screen: screen,
		Sentinel: checker.SentinelOptions{HoldTTLUS: f.holdTTL.Microseconds(), Recent: f.recent, Timed: f.decisionTimes},
	})
	watched := screen.Close()
	if err != nil {
		return cannot(err)
	}
	if f.json {
		out = status
	}
	facts := []reports.Fact{{Name: "database", Value: screen.Database}, {Name: "watched", Value: watched}}
	if err := reports.Standing(out, v, facts, reports.WantsColor(out)); err != nil {
		return cannot(err)
	}
	return verdict(v.ExitCode)
}

// databaseName says which database a DSN names, without the account.
func databaseName(dsn string) string {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "the database"
	}
	return config.DBName + " at " + config.Addr
}

// metricsWait bounds reading a request for metrics, and the last of them at the end.
const metricsWait = 5 * time.Second

// serveMetrics serves on an address until stop is called; no address, nothing to serve.
func serveMetrics(addr string, handler http.Handler, status io.Writer) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, cannot(fmt.Errorf("--metrics-addr %s: %w (--metrics-addr '' serves none)", addr, err))
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: metricsWait, WriteTimeout: metricsWait}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(status, "flashsale: metrics are served no more: %v\n", err)
		}
	}()
	fmt.Fprintf(status, "flashsale: metrics on http://%s/metrics\n", listener.Addr())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), metricsWait)
		defer cancel()
		_ = server.Shutdown(ctx) // what is left is cut off
	}, nil
}
