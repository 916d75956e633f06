package binlog_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.Main(m.Run)) }

// patience is what a test waits for at most.
const patience = 30 * time.Second

// shop is a database of its own on the shared server. Its tables have what a stranger's may have: odd types,
// and columns that nobody knows.
type shop struct {
	dsn string
	db  *sql.DB
}

func newShop(t *testing.T) *shop {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{dsn: dsn, db: open(t, dsn)}
	for _, table := range []string{
		`CREATE TABLE products (id BIGINT PRIMARY KEY, note JSON, price INT UNSIGNED NOT NULL, stock_total BIGINT NOT NULL,
			stock_sold MEDIUMINT UNSIGNED NOT NULL DEFAULT 0, stock_held BIGINT NOT NULL DEFAULT 0, updated_at DATETIME(6))`,
		`CREATE TABLE holds (id BIGINT PRIMARY KEY AUTO_INCREMENT, product_id BIGINT NOT NULL, qty TINYINT UNSIGNED NOT NULL,
			status ENUM ('active', 'used', 'it''s over') NOT NULL, expires_at TIMESTAMP(6) NULL,
			idempotency_key VARBINARY(255), batch BINARY(16))`,
		`CREATE TABLE orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, hold_id BIGINT, qty BIGINT, total_price DECIMAL(10, 2),
			status VARCHAR(20), created_at DATETIME(3))`,
		`CREATE TABLE payment_events (id BIGINT PRIMARY KEY AUTO_INCREMENT, order_id BIGINT, idempotency_key VARBINARY(255),
			status ENUM ('success', 'failure'), outcome ENUM ('paid', 'ignored'), raw_payload JSON)`,
		`CREATE TABLE mails (id BIGINT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(100))`,
	} {
		s.exec(t, table)
	}
	return s
}

// open opens a pool that does not complain on standard error of what the tests do to it.
func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *shop) exec(t testing.TB, statement string, arguments ...any) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), statement, arguments...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// name is the schema's.
func (s *shop) name() string {
	return s.dsn[strings.LastIndex(s.dsn, "/")+1 : strings.LastIndex(s.dsn, "?")]
}

// session runs statements on a connection of their own.
func (s *shop) session(t *testing.T, statements ...string) {
	t.Helper()
	conn, err := s.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer discard(conn) // with whatever was set for the session
	for _, statement := range statements {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// dialect chooses between what MariaDB and what MySQL understand; the tests can be run on either.
func (s *shop) dialect(t *testing.T, mariadb, mysql string) string {
	t.Helper()
	if strings.Contains(s.variable(t, "version"), "MariaDB") {
		return mariadb
	}
	return mysql
}

func (s *shop) variable(t *testing.T, name string) (value string) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), "SELECT @@GLOBAL."+name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// global sets a setting of the shared server for one test. The pool's open sessions keep the old one.
func (s *shop) global(t *testing.T, name, value, usual string) {
	t.Helper()
	s.exec(t, "SET GLOBAL "+name+" = "+value)
	t.Cleanup(func() {
		if _, err := s.db.Exec("SET GLOBAL " + name + " = " + usual); err != nil {
			t.Error(err)
		}
	})
}

// record collects what a follower hands out.
type record struct {
	*binlog.Follower
	lost chan struct{} // told whenever the connection was lost

	mu      sync.Mutex
	commits []evidence.Commit
}

func (r *record) add(c evidence.Commit) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits = append(r.commits, c)
	return nil
}

// Write implements io.Writer, for a logger.
func (r *record) Write(line []byte) (int, error) {
	select {
	case r.lost <- struct{}{}:
	default:
	}
	return len(line), nil
}

// loses makes trouble and waits until it is noticed.
func (r *record) loses(t *testing.T, trouble func()) {
	t.Helper()
	select {
	case <-r.lost: // of a trouble before
	default:
	}
	trouble()
	await(t, r.lost, "the connection is lost")
}

func follow(t *testing.T, dsn string) *record {
	t.Helper()
	r := &record{lost: make(chan struct{}, 1)}
	logger := slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.Follower, err = binlog.Follow(t.Context(), binlog.Options{DSN: dsn, Logger: logger}, r.add); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// upToNow waits until the log has been followed to where it ends, and returns the commits so far.
func (r *record) upToNow(t *testing.T, db *sql.DB) []evidence.Commit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	end, err := binlog.End(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Await(ctx, end); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commits
}

// gap waits until the following has ended, and wants it to be for a gap.
func (r *record) gap(t *testing.T) *binlog.Gap {
	t.Helper()
	await(t, r.Done(), "the following ends")
	var gap *binlog.Gap
	if !errors.As(r.Err(), &gap) {
		t.Fatalf("ended with %v, want a gap", r.Err())
	}
	return gap
}

func await(t *testing.T, happened <-chan struct{}, what string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-happened:
	case <-deadline.C:
		t.Fatalf("not within %s: %s", patience, what)
	}
}
