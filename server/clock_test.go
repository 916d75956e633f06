package server

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
	"time"

	"flashsale/internal/api"
)

// A server whose own clock is wrong by hours grants, expires and judges webhooks like one whose clock is right, and
// says how wrong it is.
func TestTheHostsClockDecidesNothing(t *testing.T) {
	for _, wrong := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
		t.Run(wrong.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t, func(c *Config) { c.ClockOffset = wrong })
			product := s.product(5)
			hold := s.hold(product, 1)
			if left := time.Until(hold.ExpiresAt); left > s.server.cfg.HoldTTL+time.Second || left < s.server.cfg.HoldTTL-time.Minute {
				t.Errorf("a hold of %v lapses in %v", s.server.cfg.HoldTTL, left)
			}
			order := s.order(hold.HoldID).OrderID
			body := fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":"%s"}`, order, s.keys)
			for _, stale := range []time.Duration{-time.Hour, time.Hour, wrong} {
				if stale != 0 {
					at := time.Now().Add(stale)
					s.wantProblem(s.post(api.PathWebhook, body, signed(t, s.secret, "m", at, body)...), 401, api.ProblemSignature)
				}
			}
			decode[api.WebhookAnswer](t, s.webhook(body), 200)

			lapsing := s.hold(product, 1).HoldID
			s.lapse(lapsing)
			s.await("the hold is swept", func() bool {
				path := fmt.Sprintf("%s/%d", api.PathHolds, lapsing)
				return decode[api.Hold](t, s.get(path), 200).Status == api.HoldExpired
			})
			s.wantProblem(s.post(api.PathOrders, fmt.Sprintf(`{"hold_id":%d}`, lapsing)), 409, api.ProblemHoldExpired)

			if off := s.metric("flashsale_clock_offset_seconds"); math.Abs(off+wrong.Seconds()) > 1 {
				t.Errorf("the database's clock is said to be %v s ahead", off)
			}
		})
	}
}

// metric reads a series without labels off the admin address.
func (s *shop) metric(name string) float64 {
	s.t.Helper()
	_, text := s.probe("/metrics")
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		s.t.Fatalf("no metric %s", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}
