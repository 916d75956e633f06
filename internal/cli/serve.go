package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flashsale/internal/lab"
	"flashsale/migrations"
	"flashsale/server"
)

// serveFlags is what `flashsale serve` is told beyond server.Config.
type serveFlags struct {
	config     server.Config
	image      string
	secretFile string
	migrate    bool
	demoStock  int64
	logLevel   string
}

func newServe() *cobra.Command {
	f := serveFlags{config: server.DefaultConfig()}
	cmd := &cobra.Command{
		Use: "serve", Short: "The checkout server alone", Args: cobra.NoArgs,
		Long: "Serves the checkout over the database that --dsn names; without --dsn, over a private one that is gone\n" +
			"when the server stops, with one demo product, id 1.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.config.Logger, err = newLogger(cmd.ErrOrStderr(), f.logLevel); err != nil {
				return err
			}
			if f.config.Secrets, err = readSecrets(f.secretFile); err != nil {
				return refuse(err)
			}
			if err := checkImage(f.config.DSN, f.image); err != nil {
				return err
			}
			if f.config.DSN == "" {
				return f.servePrivate(cmd.Context(), cmd.ErrOrStderr())
			}
			return f.serve(cmd.Context())
		},
	}
	flags, c := cmd.Flags(), &f.config
	flags.StringVar(&c.Addr, "addr", c.Addr, "address of the API")
	flags.StringVar(&c.AdminAddr, "admin-addr", c.AdminAddr, "address of health, metrics and pprof; keep it on loopback")
	flags.StringVar(&c.DSN, "dsn", "", "database, in go-sql-driver's format: user:password@tcp(127.0.0.1:3306)/name")
	imageFlag(flags, &f.image)
	flags.BoolVar(&f.migrate, "migrate", false, "migrate the database before serving")
	flags.DurationVar(&c.HoldTTL, "hold-ttl", c.HoldTTL, "how long a hold lasts")
	flags.Int64Var(&c.MaxQty, "max-qty", c.MaxQty, "units in one hold, at most")
	flags.DurationVar(&c.RequestTimeout, "request-timeout", c.RequestTimeout, "what a request may wait for its commit")
	flags.DurationVar(&c.SweepInterval, "sweep-interval", c.SweepInterval, "how often lapsed holds are looked for")
	flags.IntVar(&c.BatchMax, "batch-max", c.BatchMax, "commands in one transaction, at most")
	flags.DurationVar(&c.DrainDelay, "drain-delay", c.DrainDelay, "pause between \"not ready\" and the closed listener, for balancers to notice")
	flags.StringVar(&f.secretFile, "webhook-secret-file", "", "file with webhook secrets (whsec_...), one a line; several may be valid at once")
	flags.BoolVar(&c.AllowUnsigned, "allow-unsigned-webhooks", false, "accept any webhook; for trying things out")
	flags.Int64Var(&f.demoStock, "demo-stock", 100, "stock of the demo product on a private database")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	clockOffsetFlag(flags, &c.ClockOffset)
	return cmd
}

// clockOffsetFlag is for tests: a host whose clock is wrong by hours is hard to come by.
func clockOffsetFlag(flags *pflag.FlagSet, offset *time.Duration) {
	flags.DurationVar(offset, "clock-offset", 0, "how wrong the host's wall clock is made to be")
	flags.Lookup("clock-offset").Hidden = true
}

// serve runs the server over the database of the configuration.
func (f *serveFlags) serve(ctx context.Context) error {
	if err := f.config.Validate(); err != nil {
		return refuse(err)
	}
	if _, err := parseDSN(f.config.DSN); err != nil {
		return err
	}
	if f.migrate {
		f.config.Migrate = func(ctx context.Context) error { return bringUp(ctx, f.config.DSN) }
	}
	s, err := server.New(f.config)
	if err != nil {
		return cannot(err)
	}
	return cannot(s.Run(ctx))
}

// bringUp brings a database's schema to this build's version, unless newer servers have moved it on for both.
func bringUp(ctx context.Context, dsn string) error {
	return withDatabase(ctx, dsn, func(ctx context.Context, db *sql.DB) error {
		if migrations.Check(ctx, db) == nil {
			return nil
		}
		_, err := migrations.Up(ctx, db)
		return cannot(err)
	})
}

// privateCloseWait bounds what putting a private database away may take.
const privateCloseWait = 20 * time.Second

// servePrivate runs the server over a database of its own, with something on sale.
func (f *serveFlags) servePrivate(ctx context.Context, out io.Writer) (err error) {
	if f.demoStock < 1 {
		return badInput("--demo-stock %d: must be at least 1", f.demoStock)
	}
	if err := f.config.Validate(); err != nil {
		return refuse(err)
	}
	demo := lab.Product{ID: 1, Name: "Demo product", Price: 1000, StockTotal: f.demoStock}
	private, err := lab.Start(ctx, lab.Options{
		Kind: lab.KindDatabase, Image: f.image, Products: []lab.Product{demo}, Logger: f.config.Logger})
	if err != nil {
		return cannot(err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), privateCloseWait)
		defer cancel()
		err = errors.Join(err, cannot(private.Close(closing)))
	}()
	fmt.Fprintf(out, "flashsale: no --dsn, so this is a private database that is gone when the server stops\n"+
		"flashsale: product %d is on sale: %d units of %q at %d\n", demo.ID, demo.StockTotal, demo.Name, demo.Price)
	f.config.DSN, f.migrate = private.DSN(), false
	return f.serve(ctx)
}
