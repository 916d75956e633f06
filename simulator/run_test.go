package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
	"flashsale/scenarios"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp's own housekeeping, of the shop's server, ends by itself some seconds later.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

func loadScenario(t *testing.T, name string, set ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// wallClock stands in for a database's clock.
type wallClock struct{}

func (wallClock) Now(context.Context) (int64, error) { return time.Now().UnixMicro(), nil }

func TestSmokeSellsOutAndShowsEveryMischief(t *testing.T) {
	sc := loadScenario(t, "smoke")
	plan := NewPlan(sc, *sc.Seed)
	shop := openShop(t, sc.Server.HoldTTL, plan.Products[0].Stock, plan.Products[1].Stock)
	notes := &notebook{}
	var progress bytes.Buffer
	result, err := Run(t.Context(), Config{Scenario: sc, Seed: *sc.Seed, RunID: "r1", Targets: []string{shop.url},
		Secret: testSecret, ProductIDs: shop.productIDs(), Clock: wallClock{}, Recorder: notes, Progress: &progress})
	if err != nil || result.Interrupted != "" {
		t.Fatal(err, result.Interrupted)
	}
	for i := range shop.total {
		if shop.sold[i] != shop.total[i] {
			t.Errorf("product %d: %d of %d sold", i+1, shop.sold[i], shop.total[i])
		}
	}
	if result.Arrived != plan.Arrivals() || result.GivenUp != 0 || result.Operations != int64(len(notes.ops)) {
		t.Errorf("result %+v for %d arrivals and %d operations", result, plan.Arrivals(), len(notes.ops))
	}
	if len(result.Probes) < 3 || result.Sends.Total == 0 {
		t.Errorf("%d probes, %d sends", len(result.Probes), result.Sends.Total)
	}
	if !strings.Contains(progress.String(), "storm") || !strings.Contains(progress.String(), "p99 hold") {
		t.Errorf("progress: %q", progress.String())
	}
	checkMischief(t, notes)
	checkHistory(t, notes)
}

// checkMischief holds the history against what the smoke scenario promises to show.
func checkMischief(t *testing.T, notes *notebook) {
	t.Helper()
	for name, shown := range map[string]func(*evidence.Operation) bool{
		"refused hold": func(o *evidence.Operation) bool { return o.Problem == api.ProblemNotEnoughStock },
		"used hold":    func(o *evidence.Operation) bool { return o.Problem == api.ProblemHoldAlreadyUsed },
		"replay":       func(o *evidence.Operation) bool { return o.Kind == evidence.CreateHold && o.Replayed },
		"duplicate": func(o *evidence.Operation) bool {
			return o.Kind == evidence.SendWebhook && o.Outcome == evidence.OK && !o.GotHandled
		},
		"refund":   func(o *evidence.Operation) bool { return o.GotOutcome == api.OutcomeRefundDue },
		"ignored":  func(o *evidence.Operation) bool { return o.GotOutcome == api.OutcomeIgnored },
		"canceled": func(o *evidence.Operation) bool { return o.GotOutcome == api.OutcomeCanceled },
		"unsigned": func(o *evidence.Operation) bool { return o.Tamper == evidence.Unsigned },
		"forged":   func(o *evidence.Operation) bool { return o.Tamper == evidence.Forged },
		"stale":    func(o *evidence.Operation) bool { return o.Tamper == evidence.Stale },
		"altered":  func(o *evidence.Operation) bool { return o.Tamper == evidence.Altered },
		"re-keyed": func(o *evidence.Operation) bool { return o.Problem == api.ProblemKeyReused },
		"before order": func(o *evidence.Operation) bool {
			return strings.HasSuffix(o.Key, "-ahead") && o.HTTPStatus == 404
		},
		"final products": func(o *evidence.Operation) bool {
			return o.Phase == evidence.PhaseFinal && o.Kind == evidence.ReadProduct
		},
		"final orders": func(o *evidence.Operation) bool {
			return o.Phase == evidence.PhaseFinal && o.Kind == evidence.ReadOrder
		},
		"final holds": func(o *evidence.Operation) bool {
			return o.Phase == evidence.PhaseFinal && o.Kind == evidence.ReadHold
		},
		"hold read back": func(o *evidence.Operation) bool {
			return o.Phase == evidence.PhaseStorm && o.Kind == evidence.ReadHold
		},
		"order read back": func(o *evidence.Operation) bool {
			return o.Phase == evidence.PhaseStorm && o.Kind == evidence.ReadOrder
		},
	} {
		if notes.count(shown) == 0 {
			t.Errorf("the history shows no %s", name)
		}
	}
	holders := make(map[int64]int64)
	for _, o := range notes.ops {
		if o.Kind == evidence.CreateHold && o.Outcome == evidence.OK {
			holders[o.GotHoldID] = o.Actor
		}
	}
	if notes.count(func(o *evidence.Operation) bool {
		return o.Kind == evidence.CreateOrder && holders[o.HoldID] != o.Actor
	}) == 0 {
		t.Error("nobody orders somebody else's hold")
	}
	if bad := notes.count(func(o *evidence.Operation) bool { return (o.Tamper != "") != (o.HTTPStatus == 401) }); bad > 0 {
		t.Errorf("%d webhooks were not what their tamper says", bad)
	}
	if bad := notes.count(func(o *evidence.Operation) bool {
		return o.HTTPStatus == 404 && !strings.HasSuffix(o.Key, "-ahead")
	}); bad > 0 {
		t.Errorf("%d calls asked for what never was", bad)
	}
}

// checkHistory holds the history against what evidence.Operation promises of every history.
func checkHistory(t *testing.T, notes *notebook) {
	t.Helper()
	type body struct {
		kind, key, payment string
		hold, order, qty   int64
	}
	ids := make(map[int64]bool)
	attempts := make(map[string]bool)
	first := make(map[int64]body)
	keys := make(map[string]int64)
	for _, o := range notes.ops {
		if o.ID <= 0 || ids[o.ID] || o.Call < 0 || o.Return < o.Call || o.Outcome == "" || o.Attempt < 1 {
			t.Fatalf("malformed: %+v", o)
		}
		ids[o.ID] = true
		if one := fmt.Sprint(o.Request, "/", o.Attempt); attempts[one] {
			t.Fatalf("attempt %s occurs twice", one)
		} else {
			attempts[one] = true
		}
		b := body{kind: o.Kind, key: o.Key, payment: o.Payment, hold: o.HoldID, order: o.OrderID, qty: o.Qty}
		if earlier, ok := first[o.Request]; ok && earlier != b {
			t.Fatalf("request %d was %+v and is %+v", o.Request, earlier, b)
		}
		first[o.Request] = b
		if o.Kind == evidence.CreateHold || o.Kind == evidence.CreateOrder {
			if o.Key == "" || (keys[o.Key] != 0 && keys[o.Key] != o.Request) {
				t.Fatalf("key %q of two requests: %+v", o.Key, o)
			}
			keys[o.Key] = o.Request
		}
	}
	for _, o := range notes.ops {
		if !ids[o.Request] {
			t.Fatalf("request %d has no first attempt", o.Request)
		}
	}
}

func TestRetriesKeepKeyAndBodyUntilAnswered(t *testing.T) {
	sc := loadScenario(t, "smoke", "arrivals.phases=[{kind: constant, rate: 40, duration: 1s}]",
		"buyers.timeout=150ms", "payments.timeout=150ms", "buyers.retry={attempts: 30, first: 20ms, max: 50ms}",
		"payments.retry={first: 20ms, max: 50ms}", "server.request_timeout=200ms", "server.hold_ttl=500ms")
	shop := openShop(t, sc.Server.HoldTTL, 60, 40)
	var n atomic.Int64
	release := make(chan struct{})
	shop.before = func(ctx *fasthttp.RequestCtx) bool {
		switch n.Add(1) % 7 {
		case 0:
			refuse(ctx, 503, api.Problem{Type: api.ProblemOverloaded})
			return true
		case 2:
			_ = ctx.Conn().Close()
			return true
		case 4:
			refuse(ctx, 500, api.Problem{Type: api.ProblemInternal})
			return true
		case 5:
			if n.Load()%4 == 1 {
				<-release // no answer until the end of the test
				return true
			}
		}
		return false
	}
	notes := &notebook{}
	result, err := Run(t.Context(), Config{Scenario: sc, Seed: 3, RunID: "r2", Targets: []string{shop.url},
		Secret: testSecret, ProductIDs: shop.productIDs(), Recorder: notes})
	close(release)
	if err != nil || result.Interrupted != "" {
		t.Fatal(err, result.Interrupted)
	}
	checkHistory(t, notes)
	for _, want := range []string{"timeout", "reset"} {
		if notes.count(func(o *evidence.Operation) bool { return o.Error == want && o.Outcome == evidence.Unknown }) == 0 {
			t.Errorf("no attempt ended in %s", want)
		}
	}
	if notes.count(func(o *evidence.Operation) bool { return o.HTTPStatus == 503 && o.Outcome == evidence.Refused }) == 0 {
		t.Error("no attempt was refused for overload")
	}
	if notes.count(func(o *evidence.Operation) bool { return o.HTTPStatus == 500 && o.Outcome == evidence.Unknown }) == 0 {
		t.Error("no attempt ended in 500")
	}
	answered := make(map[int64]bool)
	for _, o := range notes.ops {
		answered[o.Request] = answered[o.Request] || o.Outcome == evidence.OK || (o.HTTPStatus >= 400 && o.HTTPStatus < 500)
	}
	for _, o := range notes.ops {
		if (o.Kind == evidence.CreateHold || o.Kind == evidence.CreateOrder) && !answered[o.Request] {
			t.Errorf("request %d was never answered: last attempt %+v", o.Request, o)
		}
	}
	if result.GivenUp != 0 {
		t.Errorf("%d events given up", result.GivenUp)
	}
}

func TestHTTPSTargetsAreCalledOverTLS(t *testing.T) {
	shop := httptest.NewTLSServer(http.NotFoundHandler())
	defer shop.Close()
	shop.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake fails: nobody vouches for the certificate
	signer, err := newSigner(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	notes := &notebook{}
	c, err := newClient(time.Now(), []string{shop.URL}, notes, signer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	c.observe = func(*evidence.Operation) {}
	op := &evidence.Operation{Kind: evidence.ReadProduct, ProductID: 1}
	c.send(op, 5*time.Second)
	// Plain HTTP would have been answered 400.
	if op.HTTPStatus != 0 || op.Outcome != evidence.Unknown || len(notes.ops) != 1 {
		t.Errorf("got %+v", op)
	}
}

func TestNothingListens(t *testing.T) {
	sc := loadScenario(t, "smoke", "arrivals.phases=[{kind: constant, rate: 50, duration: 200ms}]",
		"buyers.retry={attempts: 2, first: 10ms, max: 10ms}", "server.hold_ttl=10ms", "server.request_timeout=10ms",
		"server.sweep_interval=10ms", "payments.deadline=100ms")
	notes := &notebook{}
	result, err := Run(t.Context(), Config{Scenario: sc, Seed: 3, RunID: "r3", Targets: []string{"http://127.0.0.1:1"},
		Secret: testSecret, ProductIDs: []int64{1, 2}, Recorder: notes})
	if err != nil || result.Interrupted != "" {
		t.Fatal(err, result.Interrupted)
	}
	if len(notes.ops) == 0 || notes.count(func(o *evidence.Operation) bool {
		return o.Error != "refused" || o.Outcome != evidence.Unknown
	}) > 0 {
		t.Errorf("%d operations: %+v", len(notes.ops), notes.ops)
	}
}

func TestCancelStopsAtOnceAndRecordsWhatWasInFlight(t *testing.T) {
	sc := loadScenario(t, "smoke")
	shop := openShop(t, sc.Server.HoldTTL, 60, 40)
	ctx, cancel := context.WithCancelCause(t.Context())
	release, stuck := make(chan struct{}), make(chan struct{}, 1000)
	shop.before = func(c *fasthttp.RequestCtx) bool {
		stuck <- struct{}{}
		<-release
		return true
	}
	notes := &notebook{}
	type ending struct {
		result Result
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		r, err := Run(ctx, Config{Scenario: sc, Seed: 3, RunID: "r4", Targets: []string{shop.url}, Secret: testSecret,
			ProductIDs: shop.productIDs(), Recorder: notes})
		ended <- ending{r, err}
	}()
	for range 10 {
		<-stuck
	}
	cancel(errors.New("somebody pressed Ctrl-C"))
	canceled := time.Now()
	select {
	case e := <-ended:
		if e.err != nil || e.result.Interrupted != "somebody pressed Ctrl-C" {
			t.Errorf("%v, interrupted: %q", e.err, e.result.Interrupted)
		}
		if e.result.Operations < 10 || len(notes.ops) != int(e.result.Operations) {
			t.Errorf("%d operations recorded, %d counted", len(notes.ops), e.result.Operations)
		}
		if notes.count(func(o *evidence.Operation) bool { return o.Outcome != evidence.Unknown }) > 0 {
			t.Error("a call that was cut off has an outcome")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("still running 5 s after it was canceled")
	}
	if took := time.Since(canceled); took > time.Second {
		t.Errorf("stopping took %s", took)
	}
	close(release)
}

func TestQuiesceDeadlineInterrupts(t *testing.T) {
	sc := loadScenario(t, "smoke", "arrivals.phases=[{kind: constant, rate: 50, duration: 200ms}]",
		"server.hold_ttl=1h", "quiesce.deadline=2s", "payments.mix={success: 1}")
	shop := openShop(t, sc.Server.HoldTTL, 60, 40)
	var screen bytes.Buffer
	result, err := Run(t.Context(), Config{Scenario: sc, Seed: 3, RunID: "r5", Targets: []string{shop.url},
		Secret: testSecret, ProductIDs: shop.productIDs(), Clock: wallClock{}, Recorder: &notebook{},
		Progress: &screen, Terminal: true})
	if !strings.Contains(screen.String(), "10/10 buyers") || !strings.Contains(screen.String(), "holds ok") {
		t.Errorf("the bars show %q", screen.String())
	}
	if err != nil || !strings.Contains(result.Interrupted, "not at rest") ||
		!strings.HasSuffix(result.Interrupted, "stage lapse") {
		t.Errorf("%v, interrupted: %q", err, result.Interrupted)
	}
}

// full is a Recorder whose disk is full.
type full struct{}

var errDiskFull = errors.New("disk full")

func (full) Append(evidence.Operation) error { return errDiskFull }

func TestABrokenRecorderEndsTheRun(t *testing.T) {
	sc := loadScenario(t, "smoke")
	shop := openShop(t, sc.Server.HoldTTL, 60, 40)
	_, err := Run(t.Context(), Config{Scenario: sc, Seed: 3, RunID: "r6", Targets: []string{shop.url},
		Secret: testSecret, ProductIDs: shop.productIDs(), Recorder: full{}})
	if !errors.Is(err, errDiskFull) {
		t.Errorf("got %v", err)
	}
}

func TestBadConfigurations(t *testing.T) {
	sc := loadScenario(t, "smoke")
	good := Config{Scenario: sc, RunID: "r", Targets: []string{"http://127.0.0.1:1"}, Secret: testSecret,
		ProductIDs: []int64{1, 2}, Recorder: &notebook{}}
	for name, spoil := range map[string]func(*Config){
		"no target":   func(c *Config) { c.Targets = nil },
		"not a URL":   func(c *Config) { c.Targets = []string{"localhost:80"} },
		"no secret":   func(c *Config) { c.Secret = "whsec_!" },
		"products":    func(c *Config) { c.ProductIDs = []int64{1} },
		"no run id":   func(c *Config) { c.RunID = "" },
		"no recorder": func(c *Config) { c.Recorder = nil },
	} {
		bad := good
		spoil(&bad)
		if _, err := Run(t.Context(), bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
