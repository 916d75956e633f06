package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"flashsale/internal/bench/counter"
	"flashsale/server"
)

// frontFlags is what the hidden `flashsale front` is told beyond server.Config.
type frontFlags struct {
	config     server.Config
	counter    string
	stock      map[string]int64
	secretFile string
	logLevel   string
}

// newFront serves the checkout's front over a counter; bench starts it as a child, to see what the database costs.
func newFront() *cobra.Command {
	f := frontFlags{config: server.DefaultConfig()}
	cmd := &cobra.Command{
		Use: "front", Short: "The checkout's front over a counter instead of a database", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.config.Logger, err = newLogger(cmd.ErrOrStderr(), f.logLevel); err != nil {
				return err
			}
			if f.config.Secrets, err = readSecrets(f.secretFile); err != nil {
				return refuse(err)
			}
			if err := f.config.Validate(); err != nil {
				return refuse(err)
			}
			return f.serve(cmd.Context())
		},
	}
	flags, c := cmd.Flags(), &f.config
	flags.StringVar(&c.Addr, "addr", c.Addr, "address of the API")
	flags.StringVar(&c.AdminAddr, "admin-addr", c.AdminAddr, "address of health, metrics and pprof; keep it on loopback")
	flags.StringVar(&f.counter, "counter", "memory", "memory, or redis://HOST:PORT")
	flags.StringToInt64Var(&f.stock, "stock", map[string]int64{"1": 1 << 40},
		"PRODUCT=UNITS that are left at the start (repeatable)")
	flags.DurationVar(&c.HoldTTL, "hold-ttl", c.HoldTTL, "when a hold is said to lapse")
	flags.Int64Var(&c.MaxQty, "max-qty", c.MaxQty, "units in one hold, at most")
	flags.DurationVar(&c.RequestTimeout, "request-timeout", c.RequestTimeout, "what a request may wait for the counter")
	flags.DurationVar(&c.SweepInterval, "sweep-interval", c.SweepInterval, "as for serve; nothing is swept")
	flags.StringVar(&f.secretFile, "webhook-secret-file", "", "file with webhook secrets (whsec_...), one a line")
	flags.BoolVar(&c.AllowUnsigned, "allow-unsigned-webhooks", false, "accept any webhook")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	return cmd
}

func (f *frontFlags) serve(ctx context.Context) error {
	stock := map[int64]int64{}
	for product, units := range f.stock {
		id, err := strconv.ParseInt(product, 10, 64)
		if err != nil || id < 1 || units < 0 {
			return badInput("--stock %s=%d: must be a product's id, =, and 0 or more units", product, units)
		}
		stock[id] = units
	}
	var count server.Counter = counter.NewMemory(stock)
	if addr, redis := strings.CutPrefix(f.counter, "redis://"); redis {
		r, err := counter.NewRedis(ctx, addr, stock)
		if err != nil {
			return cannot(err)
		}
		defer r.Close()
		count = r
	} else if f.counter != "memory" {
		return badInput("--counter %q: it is memory or redis://HOST:PORT", f.counter)
	}
	s, err := server.NewFront(f.config, count)
	if err != nil {
		return cannot(err)
	}
	return cannot(s.Run(ctx))
}
