package evidence

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// SaveSnapshot reads the four tables of db's current database as they were at one instant and writes them
// as WriteTables does, row by row, so that memory does not grow with the tables. It returns the rows of
// each. Columns that the schema does not have stay zero and are left out of the file's list of columns; a
// table without an id is an error.
func SaveSnapshot(ctx context.Context, db *sql.DB, dir, when, runID string) (map[string]int64, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	defer discard(conn)
	folder, err := makeTablesDir(dir, when)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	rows, err := snapshot(ctx, conn, folder, runID)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return rows, nil
}

// discard closes the session behind conn instead of giving it back to the pool: it carries our time zone
// and our transaction.
func discard(conn *sql.Conn) {
	// Raw only passes ErrBadConn through, which is what makes database/sql drop the session.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

func snapshot(ctx context.Context, conn *sql.Conn, folder, runID string) (map[string]int64, error) {
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
	to := tableCopier{ctx: ctx, conn: conn, folder: folder, runID: runID, columns: columns, rows: make(map[string]int64)}
	err = errors.Join(
		copyTable(to, TableProducts, productColumns),
		copyTable(to, TableHolds, holdColumns),
		copyTable(to, TableOrders, orderColumns),
		copyTable(to, TableEvents, eventColumns),
	)
	if err != nil {
		return nil, err
	}
	return to.rows, nil
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

// tableCopier is what copying each of the tables has in common.
type tableCopier struct {
	ctx           context.Context // of the whole snapshot
	conn          *sql.Conn
	folder, runID string
	columns       map[string]bool
	rows          map[string]int64
}

// copyTable writes the rows of one table to its file, in id order.
func copyTable[T any](c tableCopier, table string, columnsOf func(*T) []column) (err error) {
	if !c.columns[table+".id"] {
		return fmt.Errorf("table %s: %w: the database has no such table with an id", table, ErrMissing)
	}
	var row T
	columns := columnsOf(&row)
	expressions := make([]string, len(columns))
	targets := make([]any, len(columns))
	for i, col := range columns {
		expressions[i], targets[i] = col.expression(c.columns[table+"."+col.name]), col.into
	}
	rows, err := c.conn.QueryContext(c.ctx, "SELECT "+strings.Join(expressions, ", ")+" FROM "+table+" ORDER BY id")
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	defer rows.Close()
	file, err := createTable[T](c.folder, table, c.runID, c.columns)
	if err != nil {
		return err
	}
	c.rows[table] = 0
	for rows.Next() && err == nil {
		if err = rows.Scan(targets...); err == nil {
			_, err = file.rows.Write([]T{row})
			c.rows[table]++
		}
	}
	if err = errors.Join(err, rows.Err(), file.close()); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}
