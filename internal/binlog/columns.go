package binlog

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-mysql-org/go-mysql/replication"

	"flashsale/internal/evidence"
)

// column is what must be known of a table's column to understand its values in the log.
type column struct {
	name     string
	unsigned bool
	labels   []string // of an ENUM, whose rows hold 1, 2, 3, ...
}

// schemaColumns reads the columns of a schema's four tables, in their order. It is the fallback for servers
// that do not log the names (binlog_row_metadata is not FULL).
func schemaColumns(ctx context.Context, db *sql.DB, schema string) (map[string][]column, error) {
	rows, err := db.QueryContext(ctx, `SELECT LOWER(table_name), LOWER(column_name), column_type
		FROM information_schema.columns WHERE table_schema = ?
		AND LOWER(table_name) IN ('products', 'holds', 'orders', 'payment_events')
		ORDER BY table_name, ordinal_position`, schema)
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", schema, err)
	}
	defer rows.Close()
	found := map[string][]column{}
	for rows.Next() {
		var table, name, kind string
		if err := rows.Scan(&table, &name, &kind); err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", schema, err)
		}
		found[table] = append(found[table], column{
			name: name, unsigned: strings.Contains(strings.ToLower(kind), "unsigned"), labels: enumLabels(kind),
		})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", schema, err)
	}
	return found, nil
}

var quoted = regexp.MustCompile(`'((?:[^']|'')*)'`)

// enumLabels takes the labels out of a type like enum('active','it”s used').
func enumLabels(kind string) []string {
	if len(kind) < 5 || !strings.EqualFold(kind[:5], "enum(") {
		return nil
	}
	var labels []string
	for _, match := range quoted.FindAllStringSubmatch(kind, -1) {
		labels = append(labels, strings.ReplaceAll(match[1], "''", "'"))
	}
	return labels
}

// loggedColumns takes the columns from the log itself. Signedness is there more often than names are.
func loggedColumns(m *replication.TableMapEvent) []column {
	names := m.ColumnNameString()
	if len(names) == 0 {
		return nil
	}
	unsigned, labels := m.UnsignedMap(), m.EnumStrValueMap()
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = column{name: strings.ToLower(name), unsigned: unsigned[i], labels: labels[i]}
	}
	return columns
}

// numberOf is where an image keeps a number or an instant of a table's column; nil if it does not.
func numberOf(table, name string) func(*evidence.Image) *int64 {
	switch name {
	case "id":
		return func(i *evidence.Image) *int64 { return &i.ID }
	case "created_at":
		return func(i *evidence.Image) *int64 { return &i.CreatedAt }
	case "updated_at":
		return func(i *evidence.Image) *int64 { return &i.UpdatedAt }
	}
	switch table + "." + name {
	case "holds.product_id", "orders.product_id":
		return func(i *evidence.Image) *int64 { return &i.ProductID }
	case "orders.hold_id":
		return func(i *evidence.Image) *int64 { return &i.HoldID }
	case "payment_events.order_id":
		return func(i *evidence.Image) *int64 { return &i.OrderID }
	case "holds.qty", "orders.qty":
		return func(i *evidence.Image) *int64 { return &i.Qty }
	case "products.price":
		return func(i *evidence.Image) *int64 { return &i.Price }
	case "products.stock_total":
		return func(i *evidence.Image) *int64 { return &i.StockTotal }
	case "products.stock_sold":
		return func(i *evidence.Image) *int64 { return &i.StockSold }
	case "products.stock_held":
		return func(i *evidence.Image) *int64 { return &i.StockHeld }
	case "orders.total_price":
		return func(i *evidence.Image) *int64 { return &i.TotalPrice }
	case "holds.expires_at":
		return func(i *evidence.Image) *int64 { return &i.ExpiresAt }
	}
	return nil
}

// textOf is where an image keeps a text of a table's column; nil if it does not.
func textOf(table, name string) func(*evidence.Image) *string {
	switch table + "." + name {
	case "holds.status", "orders.status":
		return func(i *evidence.Image) *string { return &i.Status }
	case "payment_events.status":
		return func(i *evidence.Image) *string { return &i.Payment }
	case "payment_events.outcome":
		return func(i *evidence.Image) *string { return &i.Outcome }
	case "holds.idempotency_key", "orders.idempotency_key", "payment_events.idempotency_key":
		return func(i *evidence.Image) *string { return &i.Key }
	}
	return nil
}
