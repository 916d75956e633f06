package binlog_test

import (
	"slices"
	"strings"
	"testing"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// Changes come as they are made, whether the log names the columns or the schema has to be asked, and however
// it is packed.
func TestRows(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct{ name, setting, value, usual string }{
		{"named columns", "binlog_row_metadata", "FULL", "FULL"},
		{"nameless columns", "binlog_row_metadata", s.dialect(t, "NO_LOG", "MINIMAL"), "FULL"},
		{"compressed", s.dialect(t, "log_bin_compress", "binlog_transaction_compression"), "ON", "OFF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.global(t, c.setting, c.value, c.usual)
			testRows(t)
		})
	}
	t.Run("compressed, long", testLongRows)
}

// testLongRows has more in a transaction than a server finds too short to pack.
func testLongRows(t *testing.T) {
	s := newShop(t)
	s.global(t, s.dialect(t, "log_bin_compress", "binlog_transaction_compression"), "ON", "OFF")
	s.db.SetMaxIdleConns(0) // no session of before
	r := follow(t, s.dsn)
	s.exec(t, "INSERT INTO orders (qty, status) VALUES (0, REPEAT('x', 20))"+strings.Repeat(", (1, REPEAT('y', 20))", 500))
	s.exec(t, "UPDATE orders SET status = REPEAT('z', 20) WHERE qty = 1")
	commits := r.upToNow(t, s.db)
	rows := replay(t, commits)
	if len(commits) != 2 || len(rows) != 501 {
		t.Fatalf("%d commits, %d rows", len(commits), len(rows))
	}
	for at, image := range rows {
		if want := strings.Repeat(string("xz"[image.Qty]), 20); image.Status != want {
			t.Fatalf("%v is %+v", at, image)
		}
	}
}

func testRows(t *testing.T) {
	s, other := newShop(t), newShop(t)
	r := follow(t, s.dsn)

	s.exec(t, `INSERT INTO products (id, note, price, stock_total, stock_sold, updated_at)
		VALUES (1, '{"a": [1]}', 4294967295, -5, 16777215, '2024-02-29 12:34:56.789012')`)
	s.exec(t, `INSERT INTO holds (product_id, qty, status, expires_at, idempotency_key, batch)
		VALUES (1, 200, 'used', '2024-02-29 12:34:56.789012', x'ff0041', 'b'), (1, 1, 'it''s over', NULL, NULL, NULL)`)
	other.exec(t, "INSERT INTO products (id, price, stock_total) VALUES (2, 1, 1)")
	s.exec(t, "INSERT INTO mails (text) VALUES ('products')")
	s.exec(t, "UPDATE holds SET status = 'active' WHERE id = 1")
	s.exec(t, "UPDATE holds SET status = 'active' WHERE id = 1") // changes nothing
	s.session(t, "BEGIN", "INSERT INTO holds (product_id, qty, status) VALUES (1, 1, 'used')", "ROLLBACK")
	s.session(t, "BEGIN", "DELETE FROM holds WHERE id = 2",
		"SAVEPOINT one", "INSERT INTO orders (hold_id) VALUES (99)", "ROLLBACK TO one",
		"INSERT INTO mails (text) VALUES ('on its way')", "INSERT INTO "+other.name()+".orders (hold_id) VALUES (9)",
		"INSERT INTO orders (hold_id, qty, total_price, status, created_at) VALUES (1, 2, 19.50, 'pending', '1969-12-31 23:59:59.5')",
		"INSERT INTO payment_events (order_id, status, outcome) VALUES (1, 'success', 'ignored')", "COMMIT")
	s.exec(t, "UPDATE holds SET id = 7")

	const leapDay = 1709210096789012
	product := evidence.Image{ID: 1, Price: 1<<32 - 1, StockTotal: -5, StockSold: 1<<24 - 1, UpdatedAt: leapDay}
	used := evidence.Image{ID: 1, ProductID: 1, Qty: 200, Status: "used", Key: "\xff\x00A", ExpiresAt: leapDay}
	over := evidence.Image{ID: 2, ProductID: 1, Qty: 1, Status: "it's over"}
	active, moved := used, used
	active.Status, moved.Status, moved.ID = "active", "active", 7
	// Ids are not given back: the hold and the order that were rolled back had one.
	order := evidence.Image{ID: 2, HoldID: 1, Qty: 2, TotalPrice: 20, Status: "pending", CreatedAt: -500_000}
	paid := evidence.Image{ID: 1, OrderID: 1, Payment: "success", Outcome: "ignored"}
	want := [][]evidence.Change{
		{{Table: "products", After: product}},
		{{Table: "holds", After: used}, {Table: "holds", After: over}},
		{{Table: "holds", Before: used, After: active}},
		{{Table: "holds", Before: over}, {Table: "orders", After: order}, {Table: "payment_events", After: paid}},
		{{Table: "holds", Before: active}, {Table: "holds", After: moved}},
	}
	commits := r.upToNow(t, s.db)
	if len(commits) != len(want) {
		t.Fatalf("%d commits, want %d: %+v", len(commits), len(want), commits)
	}
	var last binlog.Position
	for i, c := range commits {
		if !slices.Equal(want[i], c.Changes) {
			t.Errorf("commit %d:\n got %+v\nwant %+v", i+1, c.Changes, want[i])
		}
		at := binlog.Position{Log: c.Log, Offset: c.End}
		if c.Position != int64(i+1) || !last.Before(at) {
			t.Errorf("commit %d is numbered %d and ends at %s, after %s", i+1, c.Position, at, last)
		}
		last = at
	}
}

// Where one follower stopped another one goes on.
func TestFrom(t *testing.T) {
	s := newShop(t)
	r := follow(t, s.dsn)
	s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
	r.upToNow(t, s.db)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s.exec(t, "INSERT INTO orders (qty) VALUES (2)")
	s.exec(t, "FLUSH BINARY LOGS")
	s.exec(t, "INSERT INTO orders (qty) VALUES (3)")
	end, err := binlog.End(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	n, err := binlog.Touched(t.Context(), binlog.Options{DSN: s.dsn, From: r.At()}, end)
	if n != 2 || err != nil {
		t.Errorf("%d commits, %v; want 2", n, err)
	}
	n, err = binlog.Touched(t.Context(), binlog.Options{DSN: s.dsn, From: end}, end)
	if n != 0 || err != nil {
		t.Errorf("%d commits, %v; want 0", n, err)
	}
}
