package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/database"
	"flashsale/internal/lab"
)

// holdsPerInsert bounds one transaction. It is what four decimal digits can count.
const holdsPerInsert = 10_000

// HoldsMost bounds the active holds that a product is given: ten million rows take minutes to insert.
const HoldsMost = 10_000_000

// InsertHolds gives a product active holds of one unit each, as if they had just been granted. It serves every schema:
// the columns that not all have are filled where they are.
func InsertHolds(ctx context.Context, db *sql.DB, productID, n int64) error {
	have, err := columnsOf(ctx, db, "products", "holds")
	if err != nil {
		return err
	}
	for n > 0 {
		chunk := min(n, holdsPerInsert)
		if err := insertSomeHolds(ctx, db, have, productID, chunk); err != nil {
			return fmt.Errorf("insert active holds: %w", err)
		}
		n -= chunk
	}
	return nil
}

func insertSomeHolds(ctx context.Context, db *sql.DB, have map[string]bool, productID, n int64) error {
	columns, values := "product_id, qty, status, expires_at, created_at, updated_at",
		"?, 1, 'active', UTC_TIMESTAMP(6) + INTERVAL ? SECOND, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)"
	if have["holds.batch"] {
		columns, values = columns+", batch", values+", REPEAT('0', 16)"
	}
	const digit = "(SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL " +
		"SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	insert := "INSERT INTO holds (" + columns + ") SELECT " + values +
		" FROM " + digit + " a, " + digit + " b, " + digit + " c, " + digit + " d LIMIT ?"
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it has nothing to do
	if have["products.stock_held"] {
		if _, err := tx.ExecContext(ctx, "UPDATE products SET stock_held = stock_held + ? WHERE id = ?", n, productID); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, insert, productID, int64(benchTTL/time.Second), n); err != nil {
		return err
	}
	return tx.Commit()
}

// settle has a private database write out what bulk inserts have left in memory, or the first to be measured would pay
// for them. On other people's servers it does nothing: they need not let us.
func settle(ctx context.Context, l *lab.Lab) error {
	if l.Database().Source() == database.SourceDSN {
		return nil
	}
	conn, err := l.DB().Conn(ctx)
	if err != nil {
		return fmt.Errorf("flush the holds: %w", err)
	}
	defer conn.Close()
	for _, statement := range []string{"FLUSH TABLES holds FOR EXPORT", "UNLOCK TABLES"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("flush the holds: %w", err)
		}
	}
	return nil
}

// columnsOf asks which columns tables have, as table.column.
func columnsOf(ctx context.Context, db *sql.DB, first, second string) (have map[string]bool, err error) {
	rows, err := db.QueryContext(ctx, `SELECT LOWER(CONCAT(table_name, '.', column_name)) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name IN (?, ?)`, first, second)
	if err != nil {
		return nil, fmt.Errorf("look at the tables: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	have = map[string]bool{}
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return nil, fmt.Errorf("look at the tables: %w", err)
		}
		have[column] = true
	}
	return have, rows.Err()
}
