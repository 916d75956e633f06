package cli

import (
	"github.com/spf13/cobra"

	"flashsale/internal/strawman"
	"flashsale/server"
)

// newStrawman serves the plain checkout; simulate and bench start it as a child.
func newStrawman() *cobra.Command {
	var c strawman.Config
	defaults := server.DefaultConfig() // the same, so that the two can be compared
	var secretFile, logLevel string
	var createSchema bool
	cmd := &cobra.Command{
		Use: "strawman", Short: "The plain checkout that the server is measured against", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.Logger, err = newLogger(cmd.ErrOrStderr(), logLevel); err != nil {
				return err
			}
			if c.Secrets, err = readSecrets(secretFile); err != nil {
				return refuse(err)
			}
			if err := c.Validate(); err != nil {
				return refuse(err)
			}
			if createSchema {
				return cannot(createStrawmanSchema(cmd.Context(), c))
			}
			return cannot(strawman.Run(cmd.Context(), c))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.Addr, "addr", defaults.Addr, "address of the API")
	flags.StringVar(&c.AdminAddr, "admin-addr", defaults.AdminAddr, "address of health and readiness")
	flags.StringVar(&c.DSN, "dsn", "", "database, in go-sql-driver's format")
	flags.StringVar(&secretFile, "webhook-secret-file", "", "file with webhook secrets, one a line")
	flags.DurationVar(&c.HoldTTL, "hold-ttl", defaults.HoldTTL, "how long a hold lasts")
	flags.DurationVar(&c.SweepInterval, "sweep-interval", defaults.SweepInterval, "how often lapsed holds are looked for")
	flags.Int64Var(&c.MaxQty, "max-qty", defaults.MaxQty, "units in one hold, at most")
	flags.DurationVar(&c.RequestTimeout, "request-timeout", defaults.RequestTimeout, "what a request may take")
	flags.DurationVar(&c.DrainDelay, "drain-delay", defaults.DrainDelay, "pause between \"not ready\" and the closed listener")
	flags.StringArrayVar(&c.Without, "without", nil, "guard to go without (repeatable), see flashsale guards")
	flags.BoolVar(&c.CounterColumn, "counter-column", false, "count reserved units in a column instead of adding up the holds")
	flags.BoolVar(&createSchema, "create-schema", false, "make the tables, then exit")
	flags.StringVar(&logLevel, "log-level", "info", "debug, info, warn or error")
	clockOffsetFlag(flags, &c.ClockOffset)
	return cmd
}
