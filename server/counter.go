package server

import (
	"context"
	"time"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// Counter stands in for the database where only what is in front of it is to be measured: it counts down and
// remembers nothing else. No hold that it grants can be ordered, lapses or survives a crash. It must bound its own
// waits: a deadline for each call would cost more than counting does.
type Counter interface {
	// Take takes qty units of a product if as many are left. id numbers the grants, left is what remains.
	Take(productID, qty int64) (id, left int64, granted bool, err error)
	// Left is what is left of a product.
	Left(productID int64) (left int64, err error)
}

// NewFront returns a server with a Counter behind it: router, parser, encoder, metrics and limits are those of every
// server, and there is no database. Errors: a Config that does not validate.
func NewFront(cfg Config, c Counter) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	clock := newClock(cfg.ClockOffset)
	clock.trustHost()
	verifier, err := newVerifier(cfg, clock)
	if err != nil {
		return nil, err
	}
	behind := counted{c: c, clock: clock, ttl: cfg.HoldTTL}
	return newServer(cfg, verifier, newMetrics(), backend{
		decider: behind,
		reads: &reads{products: behind, holds: nothing[int64, api.Hold]{}, orders: nothing[int64, api.Order]{},
			holdKeys: nothing[string, struct{}]{}, orderKeys: nothing[string, struct{}]{}, events: nothing[string, paymentEvent]{}},
		ping:  func(context.Context) error { return nil },
		close: func() error { return nil },
	}), nil
}

// counted decides holds by a Counter.
type counted struct {
	c     Counter
	clock *clock
	ttl   time.Duration
}

// SubmitBy grants or refuses a hold; orders and payments find nothing.
func (b counted) SubmitBy(_ time.Time, productID int64, command decide.Command) (decide.Answer, error) {
	hold, ok := command.(decide.CreateHold)
	if !ok {
		return decide.Answer{Refusal: api.ProblemNotFound}, nil
	}
	id, left, granted, err := b.c.Take(productID, hold.Qty)
	switch {
	case err != nil:
		return decide.Answer{}, err
	case !granted:
		return decide.Answer{Refusal: api.ProblemNotEnoughStock, Available: left}, nil
	}
	return decide.Answer{HoldID: id, ExpiresAt: b.clock.now().Add(b.ttl)}, nil
}

// Drain has nothing to wait for: whoever was answered has his answer.
func (b counted) Drain(context.Context) error { return nil }

// Get reads a product.
func (b counted) Get(_ time.Time, id int64) (api.Product, bool, error) {
	left, err := b.c.Left(id)
	return api.Product{ID: id, Name: "Counter", Price: 1, AvailableStock: left}, err == nil, err
}

// nothing finds nothing.
type nothing[K comparable, V any] struct{}

// Get finds nothing.
func (nothing[K, V]) Get(time.Time, K) (value V, found bool, err error) {
	return value, false, nil
}
