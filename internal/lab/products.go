package lab

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// productsPerInsert bounds one statement.
const productsPerInsert = 500

// insertProducts puts the products on sale, in whatever schema the servers use: the columns that every
// schema has get the product's values, the others that must not be empty get what a new product has.
func (l *Lab) insertProducts(ctx context.Context) error {
	if len(l.options.Products) == 0 {
		return nil
	}
	have, err := productColumns(ctx, l.db)
	if err != nil {
		return err
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("insert the products: %w", err)
	}
	defer tx.Rollback() // after a commit it has nothing to do
	for rest := l.options.Products; len(rest) > 0; {
		n := min(len(rest), productsPerInsert)
		statement, values := productInsert(rest[:n], have)
		if _, err := tx.ExecContext(ctx, statement, values...); err != nil {
			return fmt.Errorf("insert the products: %w", err)
		}
		rest = rest[n:]
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("insert the products: %w", err)
	}
	return nil
}

// productInsert writes one multi-row INSERT.
func productInsert(products []Product, have map[string]bool) (statement string, values []any) {
	columns := []string{"id", "name", "price", "stock_total"}
	row := "?, ?, ?, ?"
	for _, more := range []struct{ column, value string }{
		{"stock_sold", "0"}, {"stock_held", "0"},
		{"created_at", "UTC_TIMESTAMP(6)"}, {"updated_at", "UTC_TIMESTAMP(6)"},
	} {
		if have[more.column] {
			columns = append(columns, more.column)
			row += ", " + more.value
		}
	}
	rows := make([]string, len(products))
	for i, p := range products {
		rows[i] = "(" + row + ")"
		values = append(values, p.ID, p.Name, p.Price, p.StockTotal)
	}
	statement = "INSERT INTO products (" + strings.Join(columns, ", ") + ") VALUES " + strings.Join(rows, ", ")
	return statement, values
}

// productColumns asks which columns this schema's products have.
func productColumns(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, `SELECT LOWER(column_name) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = 'products'`)
	if err != nil {
		return nil, fmt.Errorf("look at the products table: %w", err)
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return nil, fmt.Errorf("look at the products table: %w", err)
		}
		have[column] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look at the products table: %w", err)
	}
	return have, nil
}
