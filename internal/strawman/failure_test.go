package strawman

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
)

// knife is a TCP proxy in front of the database that cuts a connection when the client says a certain word: before
// the database hears it, or after the database has answered.
type knife struct {
	net.Listener
	word  atomic.Pointer[string] // nil: cut nothing
	after bool
}

// cutting puts a knife between a strawman and its database.
func cutting(t *testing.T, after bool) (*knife, *rig) {
	k := &knife{Listener: listen(t), after: after}
	t.Cleanup(func() { k.Close() })
	go func() {
		for {
			client, err := k.Accept()
			if err != nil {
				return
			}
			go k.relay(client)
		}
	}()
	return k, startWith(t, func(c *Config) { c.DSN = strings.Replace(c.DSN, dbAddr, k.Addr().String(), 1) })
}

func (k *knife) relay(client net.Conn) {
	defer client.Close()
	db, err := net.Dial("tcp", dbAddr)
	if err != nil {
		return
	}
	defer db.Close()
	muted := make(chan struct{})
	go func() { defer client.Close(); k.answers(client, db, muted) }()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		word := k.word.Load()
		if word == nil || !bytes.Contains(buf[:n], []byte(*word)) || !k.word.CompareAndSwap(word, nil) {
			if _, err := db.Write(buf[:n]); err != nil {
				return
			}
			continue
		}
		if !k.after {
			return
		}
		close(muted)
		if _, err := db.Write(buf[:n]); err != nil {
			return
		}
	}
}

// answers passes the database's answers on; the first one after muted is swallowed, and ends the connection.
func (k *knife) answers(client io.Writer, db io.Reader, muted chan struct{}) {
	buf := make([]byte, 64<<10)
	for {
		n, err := db.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-muted:
			return
		default:
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (k *knife) cutAt(word string) { k.word.Store(&word) }

func TestCommitWithoutAnswerIsUnknown(t *testing.T) {
	k, r := cutting(t, true)
	product := r.product(5)
	k.cutAt("COMMIT")
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
	k, r := cutting(t, false)
	product := r.product(5)
	k.cutAt("COMMIT")
	if a := r.send("POST", api.PathHolds, holdBody(product, 1), nil); a.problem() != api.ProblemOutcomeUnknown {
		t.Fatalf("the commit was lost: %d %v", a.status, a.body)
	}
	if n := r.available(product); n != 5 {
		t.Errorf("%d of 5 available", n)
	}
}

func TestConnectionLostBeforeCommitIsRetried(t *testing.T) {
	k, r := cutting(t, true)
	product := r.product(5)
	k.cutAt("START TRANSACTION")
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
	if err := CreateSchema(t.Context(), db, nil); err != nil {
		t.Fatal(err)
	}
	c := Config{DSN: dsn, HoldTTL: time.Minute, RequestTimeout: time.Second, Logger: testLog(t)}
	f, err := openFront(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer f.shop.db.Close()
	f.gate = newGate(1, 0, time.Second)
	f.gate.enter()
	a := f.atDatabase(func(context.Context) (answer, error) {
		t.Error("a refused request ran")
		return answer{}, nil
	})
	if a.status != http.StatusServiceUnavailable {
		t.Errorf("answer %+v", a)
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
	dsn, ended := "", make(chan error, 1)
	if err := r.db.QueryRow("SELECT DATABASE()").Scan(&dsn); err != nil {
		t.Fatal(err)
	}
	own, admin := listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		ended <- run(ctx, Config{
			DSN: "root@tcp(" + dbAddr + ")/" + dsn, HoldTTL: time.Minute, SweepInterval: time.Hour, MaxQty: 9,
			RequestTimeout: 10 * time.Second, Secrets: []string{testSecret}, Logger: testLog(t),
		}, own, admin)
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
