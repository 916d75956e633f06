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
	read, err := openSnapshot(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	to := tableCopier{snapshotReader: read, dir: dir, when: when, runID: runID, rows: make(map[string]int64)}
	err = errors.Join(
		copyTable(to, productColumns),
		copyTable(to, holdColumns),
		copyTable(to, orderColumns),
		copyTable(to, eventColumns),
	)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return to.rows, nil
}

// RowReader takes in a snapshot row by row: first the columns, then the tables in this order. What it is handed is
// only valid during the call; the strings may be kept.
type RowReader struct {
	Columns func(map[string]bool) // as Tables.Columns lists them
	Product func(*Product)
	Hold    func(*Hold)
	Order   func(*Order)
	Event   func(*PaymentEvent)
}

// StreamSnapshot reads the four tables as SaveSnapshot does, and hands over every row instead of saving it.
func StreamSnapshot(ctx context.Context, db *sql.DB, to RowReader) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer discard(conn)
	read, err := openSnapshot(ctx, conn)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	to.Columns(read.columns)
	for _, table := range []func() error{
		func() error { return readRows(read, productColumns, handing(to.Product)) },
		func() error { return readRows(read, holdColumns, handing(to.Hold)) },
		func() error { return readRows(read, orderColumns, handing(to.Order)) },
		func() error { return readRows(read, eventColumns, handing(to.Event)) },
	} {
		if err := table(); err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
	}
	return nil
}

func handing[Row TableRow](each func(*Row)) func(*Row) error {
	return func(row *Row) error {
		each(row)
		return nil
	}
}

// discard closes the session behind conn instead of giving it back to the pool: it carries our time zone
// and our transaction.
func discard(conn *sql.Conn) {
	// Raw only passes ErrBadConn through, which is what makes database/sql drop the session.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// snapshotReader reads tables as they were at one instant.
type snapshotReader struct {
	ctx     context.Context // of the whole snapshot
	conn    *sql.Conn
	columns map[string]bool
}

// openSnapshot begins the transaction that sees one instant, without a lock.
func openSnapshot(ctx context.Context, conn *sql.Conn) (s snapshotReader, err error) {
	columns, err := readColumns(ctx, conn)
	if err != nil {
		return s, err
	}
	for _, statement := range []string{
		"SET time_zone = '+00:00'", // a stranger's TIMESTAMP columns are shown in the session's zone
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return s, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return snapshotReader{ctx, conn, columns}, nil
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

// readRows hands over the rows of one table, in id order.
func readRows[Row TableRow](s snapshotReader, columnsOf func(*Row) []column, each func(*Row) error) error {
	table := tableOf[Row]()
	if !s.columns[table+".id"] {
		return fmt.Errorf("table %s: %w: the database has no such table with an id", table, ErrMissing)
	}
	var row Row
	columns := columnsOf(&row)
	expressions := make([]string, len(columns))
	targets := make([]any, len(columns))
	for i, col := range columns {
		expressions[i], targets[i] = col.expression(s.columns[table+"."+col.name]), col.into
	}
	rows, err := s.conn.QueryContext(s.ctx, "SELECT "+strings.Join(expressions, ", ")+" FROM "+table+" ORDER BY id")
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() && err == nil {
		if err = rows.Scan(targets...); err == nil {
			err = each(&row)
		}
	}
	if err = errors.Join(err, rows.Err()); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}

// tableCopier is what copying each of the tables has in common.
type tableCopier struct {
	snapshotReader
	dir, when, runID string
	rows             map[string]int64
}

// copyTable writes the rows of one table to its file.
func copyTable[Row TableRow](c tableCopier, columnsOf func(*Row) []column) error {
	file, err := CreateTable[Row](c.dir, c.when, c.runID, c.columns)
	if err != nil {
		return err
	}
	err = readRows(c.snapshotReader, columnsOf, func(row *Row) error { return file.Append(*row) })
	var closeErr error
	c.rows[tableOf[Row]()], closeErr = file.Close()
	return errors.Join(err, closeErr)
}
