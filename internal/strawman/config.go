package strawman

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
)

// Config is everything that Run needs.
type Config struct {
	Addr      string // where the API listens
	AdminAddr string // where /healthz and /readyz listen; empty: nowhere
	DSN       string // go-sql-driver/mysql's form, with a database that CreateSchema has seen

	HoldTTL        time.Duration // how long a hold reserves stock; whole microseconds
	SweepInterval  time.Duration // how often lapsed holds are marked expired
	MaxQty         int64         // units in one hold, at most
	RequestTimeout time.Duration // a request is answered within it
	DrainDelay     time.Duration // how long it serves on after it said that it is not ready any more

	Secrets []string // webhook secrets (whsec_...); any of them may have signed
	Without []string // guards to remove, by name
	Logger  *slog.Logger

	ClockOffset time.Duration // how wrong the host's wall clock is made to be, for tests

	// CounterColumn keeps what is reserved in a column of the products instead of adding up the holds. CreateSchema
	// must have been told, too. It goes with no removal: the bugs are those of the plain design.
	CounterColumn bool
}

// Validate says what is wrong with the configuration, all of it at once.
func (c Config) Validate() error {
	var wrong []error
	complain := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	complain(c.Addr == "", "an address to listen on is needed")
	complain(c.Logger == nil, "a logger is needed")
	complain(c.HoldTTL < time.Microsecond || c.HoldTTL%time.Microsecond != 0,
		"the hold TTL is %v; it must be positive and in whole microseconds", c.HoldTTL)
	complain(c.SweepInterval <= 0, "the sweep interval is %v; it must be positive", c.SweepInterval)
	complain(c.RequestTimeout <= 0, "the request timeout is %v; it must be positive", c.RequestTimeout)
	complain(c.DrainDelay < 0, "the drain delay is %v; it must not be negative", c.DrainDelay)
	complain(c.MaxQty < 1, "the greatest quantity is %d; it must be at least 1", c.MaxQty)

	if dsn, err := mysql.ParseDSN(c.DSN); err != nil {
		wrong = append(wrong, fmt.Errorf("the DSN: %w", err))
	} else {
		complain(dsn.DBName == "", "the DSN names no database")
	}
	g, err := c.design()
	if err != nil {
		wrong = append(wrong, err)
	}
	complain(err == nil && g.signature && len(c.Secrets) == 0,
		"webhooks need a secret: without one anybody could pay for an order")
	if _, err := newVerifier(c.Secrets, api.WebhookTolerance); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// design is which guards are in place, if the design that was asked for is one that can be had.
func (c Config) design() (guards, error) {
	if c.CounterColumn && len(c.Without) > 0 {
		return guards{}, fmt.Errorf("the variant with the counter column is for comparing speed and has every guard; "+
			"remove %s from the plain one", strings.Join(c.Without, ", "))
	}
	return guardsWithout(c.Without)
}
