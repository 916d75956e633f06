package evidence

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// Snapshot reads the four tables of db's current database as they were at one instant. Columns that the
// schema does not have stay zero and are left out of Tables.Columns; a table without an id is an error.
func Snapshot(ctx context.Context, db *sql.DB) (*Tables, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	defer discard(conn)
	t, err := snapshot(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return t, nil
}

// discard closes the session behind conn instead of giving it back to the pool: it carries our time zone
// and our transaction.
func discard(conn *sql.Conn) {
	// Raw only passes ErrBadConn through, which is what makes database/sql drop the session.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

func snapshot(ctx context.Context, conn *sql.Conn) (*Tables, error) {
	columns, err := readColumns(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"SET time_zone = '+00:00'", // a stranger's TIMESTAMP columns are shown in the session's zone
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	t := &Tables{Columns: columns}
	names := make(interner)
	err = errors.Join(
		readRows(ctx, conn, columns, TableProducts, &t.Products, productColumns),
		readRows(ctx, conn, columns, TableHolds, &t.Holds, holdColumns),
		readRows(ctx, conn, columns, TableOrders, &t.Orders, orderColumns),
		readRows(ctx, conn, columns, TableEvents, &t.Events, eventColumns),
	)
	if err != nil {
		return nil, err
	}
	for i := range t.Holds {
		t.Holds[i].Status = names.intern(t.Holds[i].Status)
	}
	for i := range t.Orders {
		t.Orders[i].Status = names.intern(t.Orders[i].Status)
	}
	for i := range t.Events {
		t.Events[i].Payment = names.intern(t.Events[i].Payment)
		t.Events[i].Outcome = names.intern(t.Events[i].Outcome)
	}
	return t, nil
}

// readColumns asks which columns the four tables have, as "table.column" in lower case.
func readColumns(ctx context.Context, conn *sql.Conn) (map[string]bool, error) {
	rows, err := conn.QueryContext(ctx, `SELECT LOWER(table_name), LOWER(column_name)
		FROM information_schema.columns WHERE table_schema = DATABASE()
		AND LOWER(table_name) IN ('products', 'holds', 'orders', 'payment_events')`)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer rows.Close()
	columns := make(map[string]bool)
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		columns[table+"."+column] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return columns, nil
}

// column says where one column of a row goes, and what kind of value it is.
type column struct {
	name string
	kind kind
	into any
}

type kind int

const (
	number kind = iota
	text
	instant
)

// expression selects a column so that neither the driver's settings nor NULLs matter: times become integer
// microseconds in SQL, for parseTime and loc of the DSN would change what a scan sees.
func (c column) expression(present bool) string {
	switch {
	case !present && c.kind == text:
		return "''"
	case !present:
		return "0"
	case c.kind == text:
		return "COALESCE(`" + c.name + "`, '')"
	case c.kind == instant:
		return "COALESCE(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', `" + c.name + "`), 0)"
	default:
		return "COALESCE(CAST(`" + c.name + "` AS SIGNED), 0)"
	}
}

func productColumns(row *Product) []column {
	return []column{
		{"id", number, &row.ID}, {"name", text, &row.Name}, {"price", number, &row.Price},
		{"stock_total", number, &row.StockTotal}, {"stock_sold", number, &row.StockSold},
		{"stock_held", number, &row.StockHeld},
		{"created_at", instant, &row.CreatedAt}, {"updated_at", instant, &row.UpdatedAt},
	}
}

func holdColumns(row *Hold) []column {
	return []column{
		{"id", number, &row.ID}, {"product_id", number, &row.ProductID}, {"qty", number, &row.Qty},
		{"status", text, &row.Status}, {"expires_at", instant, &row.ExpiresAt}, {"idempotency_key", text, &row.Key},
		{"created_at", instant, &row.CreatedAt}, {"updated_at", instant, &row.UpdatedAt},
	}
}

func orderColumns(row *Order) []column {
	return []column{
		{"id", number, &row.ID}, {"product_id", number, &row.ProductID}, {"hold_id", number, &row.HoldID},
		{"qty", number, &row.Qty}, {"total_price", number, &row.TotalPrice}, {"status", text, &row.Status},
		{"idempotency_key", text, &row.Key},
		{"created_at", instant, &row.CreatedAt}, {"updated_at", instant, &row.UpdatedAt},
	}
}

func eventColumns(row *PaymentEvent) []column {
	return []column{
		{"id", number, &row.ID}, {"order_id", number, &row.OrderID}, {"idempotency_key", text, &row.Key},
		{"status", text, &row.Payment}, {"outcome", text, &row.Outcome},
		{"created_at", instant, &row.CreatedAt}, {"updated_at", instant, &row.UpdatedAt},
	}
}

// readRows appends the rows of one table in id order.
func readRows[T any](
	ctx context.Context, conn *sql.Conn, present map[string]bool, table string, into *[]T, columnsOf func(*T) []column,
) error {
	if !present[table+".id"] {
		return fmt.Errorf("table %s: %w: the database has no such table with an id", table, ErrMissing)
	}
	var row T
	columns := columnsOf(&row)
	expressions := make([]string, len(columns))
	targets := make([]any, len(columns))
	for i, c := range columns {
		expressions[i], targets[i] = c.expression(present[table+"."+c.name]), c.into
	}
	rows, err := conn.QueryContext(ctx, "SELECT "+strings.Join(expressions, ", ")+" FROM "+table+" ORDER BY id")
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		*into = append(*into, row)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}
