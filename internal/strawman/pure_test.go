package strawman

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"flashsale/internal/api"
)

func TestRefuseOrder(t *testing.T) {
	g, _ := guardsWithout(nil)
	for _, c := range []struct {
		status          string
		lapsed, ordered bool
		want            string
	}{
		{api.HoldActive, false, false, ""},
		{api.HoldActive, true, false, api.ProblemHoldExpired},
		{api.HoldUsed, false, true, api.ProblemHoldAlreadyUsed},
		{api.HoldUsed, true, true, api.ProblemHoldAlreadyUsed},
		{api.HoldCompleted, false, true, api.ProblemHoldAlreadyUsed},
		{api.HoldExpired, false, true, api.ProblemHoldAlreadyUsed},
		{api.HoldExpired, false, false, api.ProblemHoldExpired},
		{api.HoldCanceled, false, true, api.ProblemHoldCanceled},
	} {
		if got := g.refuseOrder(c.status, c.lapsed, c.ordered); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestLapsedIsExact(t *testing.T) {
	g, _ := guardsWithout(nil)
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, c := range []struct {
		status string
		left   time.Duration
		want   bool
	}{
		{api.HoldActive, time.Microsecond, false},
		{api.HoldActive, 0, true}, // reserved needs expires_at > now
		{api.HoldUsed, time.Microsecond, false},
		{api.HoldUsed, 0, true},
		{api.HoldCompleted, -time.Hour, false},
		{api.HoldCanceled, -time.Hour, false},
		{api.HoldExpired, -time.Hour, false},
	} {
		if got := g.lapsed(hold{status: c.status, expiresAt: now.Add(c.left)}, now); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestSettle(t *testing.T) {
	g, _ := guardsWithout(nil)
	const success, failure = api.PaymentSuccess, api.PaymentFailure
	for _, c := range []struct {
		order, hold, payment string
		available            int64
		late                 bool
		want                 settlement
	}{
		{"pending", "used", success, 0, false, settlement{"paid", "paid", "completed", 2}},
		{"pending", "expired", success, 2, true, settlement{"paid", "paid", "completed", 2}},
		{"pending", "expired", success, 1, true, settlement{"refund_due", "canceled", "expired", 0}},
		{"canceled", "canceled", success, 2, true, settlement{"paid", "paid", "completed", 2}},
		{"canceled", "canceled", success, 1, true, settlement{"refund_due", "canceled", "canceled", 0}},
		{"canceled", "expired", success, 9, true, settlement{"paid", "paid", "completed", 2}},
		{"canceled", "expired", success, 0, true, settlement{"refund_due", "canceled", "expired", 0}},
		{"paid", "completed", success, 9, false, settlement{"refund_due", "paid", "completed", 0}},
		{"pending", "used", failure, 9, false, settlement{"canceled", "canceled", "canceled", 0}},
		{"pending", "expired", failure, 9, false, settlement{"canceled", "canceled", "expired", 0}},
		{"paid", "completed", failure, 9, false, settlement{"ignored", "paid", "completed", 0}},
		{"canceled", "canceled", failure, 9, false, settlement{"ignored", "canceled", "canceled", 0}},
	} {
		p := purchase{order: c.order, hold: c.hold, qty: 2}
		if got := g.settle(p, c.payment, c.available); got != c.want || p.late(c.payment) != c.late {
			t.Errorf("%+v: got %+v, late %v", c, got, p.late(c.payment))
		}
	}
}

func TestGateBoundsQueueAndWait(t *testing.T) {
	g := newGate(1, 1)
	later := time.Now().Add(time.Hour)
	if !g.enter(later) {
		t.Fatal("the first does not get in")
	}
	second := make(chan bool)
	go func() { second <- g.enter(later) }()
	deadline := time.Now().Add(10 * time.Second)
	for g.waiting.Load() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the second does not wait")
		}
	}
	if g.enter(later) {
		t.Error("the third got in, or the queue has no bound")
	}
	g.leave()
	if !<-second {
		t.Error("the second was refused although its turn came")
	}
	if g.enter(time.Now().Add(time.Millisecond)) {
		t.Error("a turn that nobody gave back was taken")
	}
	if n := g.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	good := Config{
		Addr: "127.0.0.1:0", DSN: "root@tcp(127.0.0.1:3306)/shop", HoldTTL: time.Second, SweepInterval: time.Second,
		MaxQty: 1, RequestTimeout: time.Second, Secrets: []string{testSecret}, Logger: slog.New(slog.DiscardHandler),
	}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Config){
		"address":               func(c *Config) { c.Addr = "" },
		"logger":                func(c *Config) { c.Logger = nil },
		"hold TTL":              func(c *Config) { c.HoldTTL = 1500 * time.Nanosecond },
		"sweep interval":        func(c *Config) { c.SweepInterval = 0 },
		"request timeout":       func(c *Config) { c.RequestTimeout = -1 },
		"greatest quantity":     func(c *Config) { c.MaxQty = 0 },
		"no database":           func(c *Config) { c.DSN = "root@tcp(127.0.0.1:3306)/" },
		"the DSN":               func(c *Config) { c.DSN = "nonsense" },
		"has every guard":       func(c *Config) { c.CounterColumn, c.Without = true, []string{"sweeper"} },
		"did you mean":          func(c *Config) { c.Without = []string{"holdlock"} },
		"need a secret":         func(c *Config) { c.Secrets = nil },
		"secret 1 of 1 is not":  func(c *Config) { c.Secrets = []string{"whsec_!"} },
		"secret 2 of 2 is empt": func(c *Config) { c.Secrets = []string{testSecret, "whsec_"} },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if err := Run(t.Context(), bad); err == nil {
			t.Errorf("Run accepts a configuration without %q", want)
		}
	}
	good.Secrets, good.Without = nil, []string{"signature"}
	if err := good.Validate(); err != nil {
		t.Errorf("without the signature guard no secret is needed: %v", err)
	}
}
