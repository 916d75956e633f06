package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// testDatabase starts a private MariaDB (or MySQL) for one test and returns a DSN up to the database's
// name. The socket is the only way in, so that no port is needed.
func testDatabase(t *testing.T) (dsn string) {
	t.Helper()
	daemon := findProgram(t, "mariadbd", "mysqld")
	dir, err := os.MkdirTemp("", "evidence-db-") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	install := exec.Command(findProgram(t, "mariadb-install-db", "mysql_install_db"), "--no-defaults",
		"--auth-root-authentication-method=normal", "--skip-test-db", "--datadir="+filepath.Join(dir, "data"))
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install: %v\n%s", err, out)
	}
	socket := filepath.Join(dir, "s")
	server := exec.Command(daemon, "--no-defaults", "--datadir="+filepath.Join(dir, "data"), "--socket="+socket,
		"--skip-networking", "--innodb-buffer-pool-size=32M", "--default-time-zone=+05:30")
	if os.Getuid() == 0 {
		server.Args = append(server.Args, "--user=root")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	deadline := time.Now().Add(20 * time.Second)
	for ticker := time.NewTicker(20 * time.Millisecond); ; <-ticker.C {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
			return fmt.Sprintf("root@unix(%s)/", socket)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the database does not answer: %v", err)
		}
	}
}

func findProgram(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/usr/libexec") {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path
			}
		}
	}
	t.Skipf("none of %s is installed", strings.Join(names, ", "))
	return ""
}

func openDatabase(t *testing.T, dsn, name, options string, statements ...string) *sql.DB {
	t.Helper()
	admin, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", dsn+name+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return db
}

// ourSchema reads the statements of the project's own migrations.
func ourSchema(t *testing.T) (statements []string) {
	t.Helper()
	files, err := filepath.Glob("../../migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		statements = append(statements, up)
	}
	return statements
}

func TestSnapshot(t *testing.T) {
	dsn := testDatabase(t)
	const at = 1_700_000_000_123_456 // 2023-11-14 22:13:20.123456 UTC
	want := &Tables{
		Products: []Product{{ID: 1, Name: "Lämp", Price: 100, StockTotal: 5, StockSold: 2, CreatedAt: at, UpdatedAt: at + 1}},
		Holds: []Hold{
			{ID: 3, ProductID: 1, Qty: 2, Status: "completed", ExpiresAt: at + 2, Key: "k\xff\x00", CreatedAt: at, UpdatedAt: at},
			{ID: 4, ProductID: 1, Qty: 1, Status: "expired", ExpiresAt: at + 3, CreatedAt: at, UpdatedAt: at},
		},
		Orders: []Order{{ID: 4, ProductID: 1, HoldID: 3, Qty: 2, TotalPrice: 200, Status: "paid", Key: "o", CreatedAt: at, UpdatedAt: at}},
		Events: []PaymentEvent{{
			ID: 5, OrderID: 4, Key: "evt_A", Payment: "success", Outcome: "paid", CreatedAt: at, UpdatedAt: at,
		}},
	}
	rows := []string{
		`INSERT INTO products VALUES (1, 'Lämp', 100, 5, 2, 0, '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123457')`,
		`INSERT INTO holds VALUES
			(4, 1, 1, 'expired', '2023-11-14 22:13:20.123459', NULL, '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456'),
			(3, 1, 2, 'completed', '2023-11-14 22:13:20.123458', x'6bff00', '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
		`INSERT INTO orders VALUES
			(4, 1, 3, 2, 200, 'paid', 'o', '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
		`INSERT INTO payment_events VALUES
			(5, 4, 'evt_A', 'success', 'paid', '{}', '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
	}
	for name, options := range map[string]string{
		"plain": "", "parsed": "?parseTime=true&loc=Africa%2FCairo", "zoned": "?time_zone=%27-08%3A00%27", "interpolated": "?interpolateParams=true",
	} {
		t.Run(name, func(t *testing.T) {
			db := openDatabase(t, dsn, name, options, append(ourSchema(t), rows...)...)
			got, err := Snapshot(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Columns["products.stock_held"] || !got.Columns["holds.idempotency_key"] || got.Columns["products.nothing"] {
				t.Errorf("columns: %v", got.Columns)
			}
			got.Columns = nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
	t.Run("stranger", func(t *testing.T) { snapshotOfStranger(t, dsn) })
	t.Run("no tables", func(t *testing.T) {
		if _, err := Snapshot(t.Context(), openDatabase(t, dsn, "empty", "")); !errors.Is(err, ErrMissing) {
			t.Errorf("a database without tables: %v", err)
		}
	})
	t.Run("one instant", func(t *testing.T) { snapshotIsConsistent(t, dsn) })
}

// A stranger's schema is the seed's: TIMESTAMP columns, no keys, no outcome, no updated_at.
func snapshotOfStranger(t *testing.T, dsn string) {
	db := openDatabase(t, dsn, "stranger", "",
		"CREATE TABLE products (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20), price DECIMAL(10,0), stock_total INT, stock_sold INT)",
		"CREATE TABLE holds (id INT PRIMARY KEY, product_id INT, qty INT, status VARCHAR(20), expires_at TIMESTAMP NULL)",
		"CREATE TABLE orders (id INT PRIMARY KEY, product_id INT, hold_id INT, qty INT, total_price INT, status VARCHAR(20))",
		"CREATE TABLE payment_events (id INT PRIMARY KEY, order_id INT, idempotency_key VARCHAR(50), status VARCHAR(20))",
		"INSERT INTO products VALUES (7, 'Lamp', 25, 9, 0)",
		"INSERT INTO holds VALUES (1, 7, 1, 'active', NULL), (2, 7, 1, 'active', FROM_UNIXTIME(1700000000))",
	)
	got, err := Snapshot(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	want := []Hold{
		{ID: 1, ProductID: 7, Qty: 1, Status: "active"},
		{ID: 2, ProductID: 7, Qty: 1, Status: "active", ExpiresAt: 1_700_000_000_000_000},
	}
	if !reflect.DeepEqual(got.Holds, want) || got.Products[0].Price != 25 {
		t.Errorf("got %+v, %+v", got.Products, got.Holds)
	}
	if got.Columns["payment_events.outcome"] || got.Columns["holds.created_at"] {
		t.Errorf("columns that are not there: %v", got.Columns)
	}
}

// A transfer between two tables, over and over: a snapshot must never catch it half done.
func snapshotIsConsistent(t *testing.T, dsn string) {
	db := openDatabase(t, dsn, "busy", "", append(ourSchema(t),
		"INSERT INTO products VALUES (1, 'Lamp', 1, 1000000, 0, 0, NOW(6), NOW(6))")...)
	ctx, stop := context.WithCancel(t.Context())
	writer := make(chan error, 1)
	go func() { writer <- sellUntil(ctx, db) }()
	for range 50 {
		got, err := Snapshot(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		if sold := got.Products[0].StockSold; sold != int64(len(got.Holds)) {
			t.Fatalf("%d sold beside %d holds: two instants in one snapshot", sold, len(got.Holds))
		}
	}
	stop()
	if err := <-writer; err != nil {
		t.Fatal(err)
	}
}

func sellUntil(ctx context.Context, db *sql.DB) error {
	for id := 1; ctx.Err() == nil; id++ {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO holds VALUES (?, 1, 1, 'completed', NOW(6), NULL, '', NOW(6), NOW(6))", id)
		if err == nil {
			_, err = tx.Exec("UPDATE products SET stock_sold = stock_sold + 1")
		}
		if err = errors.Join(err, tx.Commit()); err != nil {
			return err
		}
	}
	return nil
}
