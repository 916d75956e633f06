package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
)

// Config is what a server is told. DefaultConfig gives every field but DSN and Secrets a value.
type Config struct {
	Addr      string // host:port of the API
	AdminAddr string // host:port of health, metrics and pprof; keep it on loopback
	DSN       string // go-sql-driver format, with a database whose schema is migrated

	HoldTTL        time.Duration // how long a hold reserves its units
	MaxQty         int64         // units in one hold, at most
	RequestTimeout time.Duration // what a request may wait for its commit
	SweepInterval  time.Duration // how often lapsed holds are looked for
	DrainDelay     time.Duration // from "not ready" to the closed listener, for balancers to notice
	ClockOffset    time.Duration // how wrong the host's wall clock is made to be, for tests

	Secrets       []string // webhook secrets, whsec_...; any of them may sign, so that they can be rotated
	AllowUnsigned bool     // accept webhooks without looking at their signature

	QueueMax       int // commands waiting or in flight before 503 is answered
	BatchMax       int // commands in one transaction, at most
	ConnectionsMax int // database connections
	Logger         *slog.Logger

	// Migrate, if not nil, is called when the database has answered, before its schema is checked.
	Migrate func(context.Context) error
}

// DefaultConfig returns the defaults of `flashsale serve`.
func DefaultConfig() Config {
	return Config{
		Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:8081",
		HoldTTL: api.HoldTTLDefault, MaxQty: api.QtyMaxDefault,
		RequestTimeout: 5 * time.Second, SweepInterval: time.Second,
		QueueMax: 16384, BatchMax: 512, ConnectionsMax: 32, Logger: slog.Default(),
	}
}

// Validate says what is wrong with a Config, or nil. The DSN is New's to judge.
func (c Config) Validate() error {
	switch {
	case c.HoldTTL < time.Millisecond || c.HoldTTL > 24*time.Hour:
		return fmt.Errorf("--hold-ttl %v: must be from 1ms to 24h", c.HoldTTL)
	case c.HoldTTL%time.Microsecond != 0:
		return fmt.Errorf("--hold-ttl %v: must be whole microseconds, which is what the database keeps", c.HoldTTL)
	case c.MaxQty < 1 || c.MaxQty > 1_000_000:
		return fmt.Errorf("--max-qty %d: must be from 1 to 1000000", c.MaxQty)
	case c.RequestTimeout < 10*time.Millisecond || c.RequestTimeout > 10*time.Minute:
		return fmt.Errorf("--request-timeout %v: must be from 10ms to 10m", c.RequestTimeout)
	case c.SweepInterval < 10*time.Millisecond || c.SweepInterval > time.Hour:
		return fmt.Errorf("--sweep-interval %v: must be from 10ms to 1h", c.SweepInterval)
	case c.DrainDelay < 0 || c.DrainDelay > 10*time.Minute:
		return fmt.Errorf("--drain-delay %v: must be from 0s to 10m", c.DrainDelay)
	case c.BatchMax < 1 || c.BatchMax > 4096:
		return fmt.Errorf("--batch-max %d: must be from 1 to 4096", c.BatchMax)
	case c.QueueMax < 1 || c.ConnectionsMax < minConnections:
		return fmt.Errorf("the queue must hold at least 1 command, and the pool %d connections", minConnections)
	case len(c.Secrets) == 0 && !c.AllowUnsigned:
		return errors.New("no webhook secret: give --webhook-secret-file, or --allow-unsigned-webhooks to accept any webhook")
	}
	for i, secret := range c.Secrets {
		if _, err := parseSecret(secret); err != nil {
			return fmt.Errorf("webhook secret %d: %w", i+1, err)
		}
	}
	return nil
}

// minSecretBytes and maxSecretBytes are Standard Webhooks' bounds on a symmetric secret.
const minSecretBytes, maxSecretBytes = 24, 64

func parseSecret(secret string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil, errors.New("must begin with whsec_, then base64")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("is not base64 after whsec_") // the decoder's error could tell of the secret
	}
	if len(key) < minSecretBytes || len(key) > maxSecretBytes {
		return nil, fmt.Errorf("must be %d to %d bytes in base64", minSecretBytes, maxSecretBytes)
	}
	return standardwebhooks.NewWebhookRaw(key)
}
