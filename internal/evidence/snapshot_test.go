package evidence_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/evidence"
	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.Main(m.Run)) }

// openDatabase makes a database out of statements, seen through sessions of the test's choice.
func openDatabase(t *testing.T, choose func(*mysql.Config), statements ...string) *sql.DB {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	// A server whose own zone is not UTC, unless the test chooses otherwise.
	config.Params = map[string]string{"time_zone": "'+05:30'"}
	if choose != nil {
		choose(config)
	}
	db, err := sql.Open("mysql", config.FormatDSN())
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

// snapshot saves the tables and reads them back.
func snapshot(t *testing.T, db *sql.DB) (*evidence.Tables, error) {
	t.Helper()
	dir := t.TempDir()
	rows, err := evidence.SaveSnapshot(t.Context(), db, dir, evidence.Final, "r1")
	if err != nil {
		return nil, err
	}
	tables, err := evidence.ReadTables(dir, evidence.Final, "r1")
	if err == nil && !reflect.DeepEqual(rows, tables.Rows()) {
		t.Errorf("saved %v rows, read %v", rows, tables.Rows())
	}
	return tables, err
}

// streamSnapshot gathers what a snapshot hands over.
func streamSnapshot(t *testing.T, db *sql.DB) *evidence.Tables {
	t.Helper()
	tables := new(evidence.Tables)
	err := evidence.StreamSnapshot(t.Context(), db, evidence.RowReader{
		Columns: func(columns map[string]bool) { tables.Columns = columns },
		Product: func(row *evidence.Product) { tables.Products = append(tables.Products, *row) },
		Hold:    func(row *evidence.Hold) { tables.Holds = append(tables.Holds, *row) },
		Order:   func(row *evidence.Order) { tables.Orders = append(tables.Orders, *row) },
		Event:   func(row *evidence.PaymentEvent) { tables.Events = append(tables.Events, *row) },
	})
	if err != nil {
		t.Error(err)
	}
	return tables
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
	const at = 1_700_000_000_123_456 // 2023-11-14 22:13:20.123456 UTC
	want := &evidence.Tables{
		Products: []evidence.Product{{ID: 1, Name: "Lämp", Price: 100, StockTotal: 5, StockSold: 2, CreatedAt: at, UpdatedAt: at + 1}},
		Holds: []evidence.Hold{
			{
				ID: 3, ProductID: 1, Qty: 2, Status: "completed", ExpiresAt: at + 2, Key: "k\xff\x00",
				CreatedAt: at, UpdatedAt: at,
			},
			{ID: 4, ProductID: 1, Qty: 1, Status: "expired", ExpiresAt: at + 3, CreatedAt: at, UpdatedAt: at},
		},
		Orders: []evidence.Order{{
			ID: 4, ProductID: 1, HoldID: 3, Qty: 2, TotalPrice: 200, Status: "paid", Key: "o", CreatedAt: at, UpdatedAt: at,
		}},
		Events: []evidence.PaymentEvent{{
			ID: 5, OrderID: 4, Key: "evt_A", Payment: "success", Outcome: "paid", CreatedAt: at, UpdatedAt: at,
		}},
	}
	rows := []string{
		`INSERT INTO products VALUES (1, 'Lämp', 100, 5, 2, 0, '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123457')`,
		`INSERT INTO holds VALUES
			(4, 1, 1, 'expired', '2023-11-14 22:13:20.123459', NULL, '',
				'2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456'),
			(3, 1, 2, 'completed', '2023-11-14 22:13:20.123458', x'6bff00', '',
				'2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
		`INSERT INTO orders VALUES
			(4, 1, 3, 2, 200, 'paid', 'o', '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
		`INSERT INTO payment_events VALUES
			(5, 4, 'evt_A', 'success', 'paid', '{}', '', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456')`,
	}
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	for name, choose := range map[string]func(*mysql.Config){
		"plain":        nil,
		"parsed":       func(c *mysql.Config) { c.ParseTime, c.Loc = true, cairo },
		"zoned":        func(c *mysql.Config) { c.Params["time_zone"] = "'-08:00'" },
		"interpolated": func(c *mysql.Config) { c.InterpolateParams = true },
	} {
		t.Run(name, func(t *testing.T) {
			db := openDatabase(t, choose, append(ourSchema(t), rows...)...)
			got, err := snapshot(t, db)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Columns["products.stock_held"] || !got.Columns["holds.idempotency_key"] || got.Columns["products.nothing"] {
				t.Errorf("columns: %v", got.Columns)
			}
			if streamed := streamSnapshot(t, db); !reflect.DeepEqual(streamed, got) {
				t.Errorf("streamed %+v\nsaved    %+v", streamed, got)
			}
			got.Columns = nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
	t.Run("stranger", snapshotOfStranger)
	t.Run("no tables", func(t *testing.T) {
		if _, err := snapshot(t, openDatabase(t, nil)); !errors.Is(err, evidence.ErrMissing) {
			t.Errorf("a database without tables: %v", err)
		}
	})
	t.Run("one instant", snapshotIsConsistent)
}

// A stranger's schema is the seed's: TIMESTAMP columns, no keys, no outcome, no updated_at.
func snapshotOfStranger(t *testing.T) {
	db := openDatabase(t, nil,
		`CREATE TABLE products (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20), price DECIMAL(10,0),
			stock_total INT, stock_sold INT)`,
		"CREATE TABLE holds (id INT PRIMARY KEY, product_id INT, qty INT, status VARCHAR(20), expires_at TIMESTAMP NULL)",
		"CREATE TABLE orders (id INT PRIMARY KEY, product_id INT, hold_id INT, qty INT, total_price INT, status VARCHAR(20))",
		"CREATE TABLE payment_events (id INT PRIMARY KEY, order_id INT, idempotency_key VARCHAR(50), status VARCHAR(20))",
		"INSERT INTO products VALUES (7, 'Lamp', 25, 9, 0)",
		"INSERT INTO holds VALUES (1, 7, 1, 'active', NULL), (2, 7, 1, 'active', FROM_UNIXTIME(1700000000))",
	)
	got, err := snapshot(t, db)
	if err != nil {
		t.Fatal(err)
	}
	want := []evidence.Hold{
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
func snapshotIsConsistent(t *testing.T) {
	db := openDatabase(t, nil, append(ourSchema(t),
		"INSERT INTO products VALUES (1, 'Lamp', 1, 1000000, 0, 0, NOW(6), NOW(6))")...)
	ctx, stop := context.WithCancel(t.Context())
	writer := make(chan error, 1)
	go func() { writer <- sellUntil(ctx, db) }()
	for range 50 {
		got, err := snapshot(t, db)
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
