package strawman

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
)

// verifier checks webhook signatures as Standard Webhooks 1.0.0 says. Any of its secrets may have signed, so that the
// provider's secret can be changed without losing a webhook.
type verifier struct {
	secrets   []*standardwebhooks.Webhook
	tolerance time.Duration
}

func newVerifier(secrets []string, tolerance time.Duration) (*verifier, error) {
	v := &verifier{tolerance: tolerance}
	for i, secret := range secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, fmt.Errorf("webhook secret %d of %d is not base64 after whsec_", i+1, len(secrets))
		}
		if secret == "" || secret == "whsec_" {
			return nil, fmt.Errorf("webhook secret %d of %d is empty", i+1, len(secrets))
		}
		v.secrets = append(v.secrets, wh)
	}
	return v, nil
}

// verify says what is wrong with a webhook's signature or timestamp; now is the database's time.
func (v *verifier) verify(body []byte, id, timestamp, signature string, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return errors.New("the timestamp is missing or not a number")
	}
	if age := now.Sub(time.Unix(seconds, 0)).Abs(); age > v.tolerance {
		return fmt.Errorf("the timestamp is %v off", age.Round(time.Second))
	}
	headers := http.Header{}
	headers.Set(api.HeaderWebhookID, id)
	headers.Set(api.HeaderWebhookTimestamp, timestamp)
	headers.Set(api.HeaderWebhookSignature, signature)
	for _, secret := range v.secrets {
		// The library would compare the timestamp with this host's clock; it has been compared with the database's.
		if secret.VerifyIgnoringTimestamp(body, headers) == nil {
			return nil
		}
	}
	return errors.New("no signature matches")
}

// clockEvery is how often the database's clock is compared with ours.
const clockEvery = 10 * time.Second

// clock tells the database's time without asking for it: our monotonic clock plus an offset that is measured again and
// again.
type clock struct {
	start      time.Time
	offset     atomic.Int64  // microseconds: database time at start, since the Unix epoch
	hostOffset time.Duration // how wrong the host's wall clock is made to be
}

func newClock(hostOffset time.Duration) *clock {
	return &clock{start: time.Now(), hostOffset: hostOffset}
}

// ahead is the database's clock minus the host's wall clock.
func (c *clock) ahead() time.Duration { return c.now().Sub(time.Now().Add(c.hostOffset).Round(0)) }

func (c *clock) now() time.Time {
	return time.UnixMicro(c.offset.Load()).Add(time.Since(c.start))
}

// measure asks the database for its time, and takes the answer to be from the middle of the round trip.
func (c *clock) measure(ctx context.Context, stmt *sql.Stmt) error {
	before := time.Since(c.start)
	var now time.Time
	if err := stmt.QueryRowContext(ctx).Scan(&now); err != nil {
		return fmt.Errorf("measuring the database's clock: %w", err)
	}
	middle := (before + time.Since(c.start)) / 2
	c.offset.Store(now.UnixMicro() - middle.Microseconds())
	return nil
}

// follow measures until ctx ends; a measurement that fails leaves the last one standing.
func (c *clock) follow(ctx context.Context, stmt *sql.Stmt, failed func(error)) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.measure(ctx, stmt); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}
