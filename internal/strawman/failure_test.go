package strawman

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
	"flashsale/internal/lab/labtest"
)

// cutting puts a knife between a strawman and its database.
func cutting(t *testing.T) (*labtest.Knife, *rig) {
	t.Helper()
	var knife *labtest.Knife
	r := startWith(t, func(c *Config) {
		config := parsed(t, c.DSN)
		var err error
		if knife, err = labtest.NewKnife(config.Addr); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { knife.Close() })
		config.Addr = knife.Addr()
		c.DSN = config.FormatDSN()
	})
	return knife, r
}

func TestCommitWithoutAnswerIsUnknown(t *testing.T) {
	k, r := cutting(t)
	product := r.product(5)
	k.Cut("COMMIT", labtest.After, nil)
	a := r.send("POST", api.PathHolds, holdBody(product, 1), keyed("k"))
	if a.status != http.StatusGatewayTimeout || a.problem() != api.ProblemOutcomeUnknown {
		t.Fatalf("the commit's answer was lost: %d %v", a.status, a.body)
	}
	again := r.send("POST", api.PathHolds, holdBody(product, 1), keyed("k"))
	if again.status != http.StatusCreated || !again.replayed() {
		t.Errorf("the retry: %d %v", again.status, again.body)
	}
	if n := r.count("SELECT COUNT(*) FROM holds"); n != 1 {
		t.Errorf("%d holds", n)
	}
}

func TestCommitThatNeverArrivedIsUnknownAndHadNoEffect(t *testing.T) {
	k, r := cutting(t)
	product := r.product(5)
	k.Cut("COMMIT", labtest.Before, nil)
	if a := r.send("POST", api.PathHolds, holdBody(product, 1), nil); a.problem() != api.ProblemOutcomeUnknown {
		t.Fatalf("the commit was lost: %d %v", a.status, a.body)
	}
	if n := r.available(product); n != 5 {
		t.Errorf("%d of 5 available", n)
	}
}

func TestConnectionLostBeforeCommitIsRetried(t *testing.T) {
	k, r := cutting(t)
	product := r.product(5)
	k.Cut("START TRANSACTION", labtest.After, nil)
	if a := r.send("POST", api.PathHolds, holdBody(product, 1), nil); a.status != http.StatusCreated {
		t.Fatalf("%d %v", a.status, a.body)
	}
	if n := r.count("SELECT COUNT(*) FROM holds"); n != 1 {
		t.Errorf("%d holds", n)
	}
}

func TestRetriesStartFromNothing(t *testing.T) {
	r := start(t)
	product := r.product(5)
	req := api.HoldRequest{ProductID: product, Qty: 1}
	for _, number := range []uint16{mysqlDeadlock, mysqlLockWaitTimeout} {
		attempts := 0
		deadlocks := func(times int) work {
			attempts = 0
			return func(x *txn) (answer, error) {
				a, err := r.shop.grantHold(x, req, nil)
				if attempts++; err == nil && attempts <= times {
					err = &mysql.MySQLError{Number: number}
				}
				return a, err
			}
		}
		before := r.count("SELECT COUNT(*) FROM holds")
		if _, err := r.shop.transact(t.Context(), deadlocks(attemptsMax-1)); err != nil || attempts != attemptsMax {
			t.Errorf("error %d: %v after %d attempts", number, err, attempts)
		}
		if _, err := r.shop.transact(t.Context(), deadlocks(attemptsMax)); !errors.Is(err, errBusy) ||
			attempts != attemptsMax {
			t.Errorf("error %d every time: %v after %d attempts", number, err, attempts)
		}
		if n := r.count("SELECT COUNT(*) FROM holds") - before; n != 1 {
			t.Errorf("error %d: %d holds; want 1", number, n)
		}
	}
}

func TestLockThatIsNotGrantedIsOverload(t *testing.T) {
	r := startWith(t, func(c *Config) { c.RequestTimeout = 1200 * time.Millisecond })
	product := r.product(5)
	tx, err := r.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(lockProductRow+" FOR UPDATE", product).Scan(&product); err != nil {
		t.Fatal(err)
	}
	a := r.send("POST", api.PathHolds, holdBody(product, 1), nil)
	if a.status != http.StatusServiceUnavailable || a.problem() != api.ProblemOverloaded ||
		a.header.Get("Retry-After") == "" {
		t.Errorf("%d %v %v", a.status, a.header, a.body)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := r.available(product); n != 5 {
		t.Errorf("%d of 5 available after a refusal", n)
	}
	r.hold(product, 5)
}

func TestFullGateIsOverload(t *testing.T) {
	dsn, db := newDatabase(t)
	if err := CreateSchema(t.Context(), db, Config{}); err != nil {
		t.Fatal(err)
	}
	c := Config{DSN: dsn, HoldTTL: time.Minute, RequestTimeout: 2 * time.Second, Logger: testLog(t)}
	f, err := openFront(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer f.shop.db.Close()
	for name, waiters := range map[string]int64{"no room in the queue": 0, "a turn that does not come": 1} {
		f.gate = newGate(1, waiters)
		f.gate.enter(time.Now())
		began := time.Now()
		a := f.atDatabase(api.ProblemOutcomeUnknown, func(context.Context) (answer, error) {
			t.Errorf("%s: a refused request ran", name)
			return answer{}, nil
		})
		// Who is refused is told so early: the wait in the queue leaves most of the time for the work.
		if took := time.Since(began); a.status != http.StatusServiceUnavailable || took > c.RequestTimeout*3/4 {
			t.Errorf("%s: after %v %+v", name, took, a)
		}
	}
}

func TestMissingSchemaIsSaid(t *testing.T) {
	dsn, _ := newDatabase(t)
	err := Run(t.Context(), Config{
		Addr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", DSN: dsn, HoldTTL: time.Minute, SweepInterval: time.Second,
		MaxQty: 1, RequestTimeout: time.Second, Secrets: []string{testSecret}, Logger: testLog(t),
	})
	if err == nil || !strings.Contains(err.Error(), "products") {
		t.Errorf("Run on an empty database: %v", err)
	}
}

func TestDrainAnswersWhatWasAccepted(t *testing.T) {
	r := start(t)
	product := r.product(5)
	ended := make(chan error, 1)
	own, admin := listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		ended <- run(ctx, Config{
			DSN: r.dsn, HoldTTL: time.Minute, SweepInterval: time.Hour, MaxQty: 9,
			RequestTimeout: 10 * time.Second, Secrets: []string{testSecret}, Logger: testLog(t),
		}, both(own, admin))
	}()
	r.url = "http://" + own.Addr().String()
	probe := func(path string) int {
		res, err := http.Get("http://" + admin.Addr().String() + path)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	r.waitFor("readiness", func() bool { return probe("/readyz") == http.StatusOK })

	tx, err := r.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(lockProductRow+" FOR UPDATE", product).Scan(&product); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan reply, 1)
	go func() {
		a, err := r.try("POST", api.PathHolds, holdBody(product, 1), nil)
		if err != nil {
			t.Error(err)
		}
		accepted <- a
	}()
	r.waitFor("the request", func() bool { return r.lockWaits() == 1 })
	stop()
	r.waitFor("unreadiness", func() bool { return probe("/readyz") == http.StatusServiceUnavailable })
	if probe("/healthz") != http.StatusOK {
		t.Error("a draining server is not healthy")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if a := <-accepted; a.status != http.StatusCreated {
		t.Errorf("the accepted request: %d %v", a.status, a.body)
	}
	if err := <-ended; err != nil {
		t.Errorf("the drain: %v", err)
	}
}

func TestSessionsReadCommitted(t *testing.T) {
	r := start(t)
	var level string
	if err := r.shop.db.QueryRow("SELECT @@tx_isolation").Scan(&level); err != nil || level != "READ-COMMITTED" {
		t.Errorf("%s %v", level, err)
	}
}
