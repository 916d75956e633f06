package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/labtest"
	"flashsale/server/internal/decide"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.MainWithoutLeaks(m.Run)) }

// watcher is an Observer that counts retries by reason.
type watcher struct {
	mu        sync.Mutex
	retries   map[string]int
	batches   []int
	corrected atomic.Int64
}

func (w *watcher) Committed(commands int, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, commands)
}

func (w *watcher) Corrected() { w.corrected.Add(1) }

func (w *watcher) Retried(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.retries == nil {
		w.retries = map[string]int{}
	}
	w.retries[reason]++
}

func (w *watcher) count(reason string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.retries[reason]
}

func (w *watcher) largest() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.batches {
		n = max(n, b)
	}
	return n
}

// bench is a ledger over the test database, and a session of the test's own beside it.
type bench struct {
	*Ledger
	t    *testing.T
	db   *sql.DB // the test's own
	see  *watcher
	keys string // prefix of its idempotency keys
}

// testDatabase is the migrated database that the tests of this package share.
func testDatabase(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	l, err := labs.Database()
	if err != nil {
		t.Fatal(err)
	}
	return l.DSN(), l.DB()
}

func isMariaDB(t *testing.T, db *sql.DB) bool {
	t.Helper()
	var version string
	if err := db.QueryRow("SELECT VERSION()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(version, "MariaDB")
}

// newBench returns a ledger that reaches the database at addr, or directly if addr is empty.
func newBench(t *testing.T, addr string, change func(*Config)) *bench {
	t.Helper()
	dsn, db := testDatabase(t)
	if addr != "" {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Net, cfg.Addr = "tcp", addr
		dsn = cfg.FormatDSN()
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	pool, err := Open(dsn, 16, logger)
	if err != nil {
		t.Fatal(err)
	}
	see := &watcher{}
	c := Config{DB: pool, HoldTTL: time.Minute, QueueMax: 10000, BatchMax: 512, ConcurrentMax: 8, RequestTimeout: 10 * time.Second,
		Logger: logger, Observe: see}
	if change != nil {
		change(&c)
	}
	b := &bench{Ledger: New(c), t: t, db: db, see: see, keys: rand.Text()}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.Drain(ctx); err != nil {
			t.Error("drain:", err)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) product(stock int64) int64 {
	b.t.Helper()
	done, err := b.db.Exec("INSERT INTO products (name, price, stock_total, created_at, updated_at) VALUES ('x', 100, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))", stock)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := done.LastInsertId()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) number(query string, args ...any) int64 {
	b.t.Helper()
	var n int64
	if err := b.db.QueryRow(query, args...).Scan(&n); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Exec(query, args...); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
}

// lock holds a product's row lock in a session of the test's own, until release or the end of the test.
func (b *bench) lock(product int64) (release func()) {
	b.t.Helper()
	blocker, err := b.db.Begin()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = blocker.Rollback() })
	var id int64
	if err := blocker.QueryRow("SELECT id FROM products WHERE id = ? FOR UPDATE", product).Scan(&id); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if err := blocker.Rollback(); err != nil {
			b.t.Fatal(err)
		}
	}
}

// mustSubmit submits and wants a decision.
func (b *bench) mustSubmit(product int64, c decide.Command) decide.Answer {
	b.t.Helper()
	a, err := b.Submit(product, c)
	if err != nil {
		b.t.Fatalf("%+v: %v", c, err)
	}
	return a
}

// checkSums holds a product's columns against its rows.
func (b *bench) checkSums(product int64) {
	b.t.Helper()
	var total, sold, held, wantHeld, wantSold int64
	row := b.db.QueryRow(`SELECT stock_total, stock_sold, stock_held,
		COALESCE((SELECT SUM(qty) FROM holds WHERE product_id = p.id AND status IN ('active', 'used')), 0),
		COALESCE((SELECT SUM(qty) FROM orders WHERE product_id = p.id AND status = 'paid'), 0)
		FROM products p WHERE id = ?`, product)
	if err := row.Scan(&total, &sold, &held, &wantHeld, &wantSold); err != nil {
		b.t.Fatal(err)
	}
	if held != wantHeld || sold != wantSold || sold+held > total {
		b.t.Errorf("product %d: total %d, sold %d (rows say %d), held %d (rows say %d)", product, total, sold, wantSold, held, wantHeld)
	}
}

// eventually waits for a condition that something else brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

// together runs n functions at once and waits for them.
func together(n int, do func(i int)) {
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wait.Add(1)
		go func() {
			defer wait.Done()
			<-start
			do(i)
		}()
	}
	close(start)
	wait.Wait()
}

// key is an idempotency key that no other bench uses.
func (b *bench) key(i int) string { return fmt.Sprintf("%s-%d", b.keys, i) }
