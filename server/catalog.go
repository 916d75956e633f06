package server

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"flashsale/internal/api"
)

// ErrNoProduct says that there is no product with that id.
var ErrNoProduct = errors.New("no such product")

// priceMax keeps price x qty far within BIGINT, for the largest hold that a Config may allow.
const priceMax = 1_000_000_000_000

// AddProduct puts a product on sale and returns its id. Price is in whole units of the shop's currency.
func AddProduct(ctx context.Context, db *sql.DB, name string, price, stock int64) (id int64, err error) {
	if name == "" || len(name) > 255 || price < 0 || price > priceMax || stock < 0 {
		return 0, fmt.Errorf("a product needs a name of 1 to 255 bytes, a price from 0 to %d,"+
			" and a stock that is not negative", priceMax)
	}
	done, err := db.ExecContext(ctx, "INSERT INTO products (name, price, stock_total, created_at, updated_at)"+
		" VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))", name, price, stock)
	if err != nil {
		return 0, fmt.Errorf("add product: %w", err)
	}
	return done.LastInsertId()
}

// Restock adds units to a product's total while it sells, under the product's row lock like every other change. Stock
// is never taken away, because it may be sold already.
//
// A row that was written since the database started is trusted by servers, so stock_held is counted here, too.
func Restock(ctx context.Context, db *sql.DB, id, units int64) error {
	if units < 1 {
		return errors.New("restock by at least 1 unit")
	}
	if err := restock(ctx, db, id, units); err != nil {
		return fmt.Errorf("restock product %d: %w", id, err)
	}
	return nil
}

func restock(ctx context.Context, db *sql.DB, id, units int64) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}) // the sum is from after the lock
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing, once it is committed
	var locked int64
	err = tx.QueryRowContext(ctx, "SELECT id FROM products WHERE id = ? FOR UPDATE", id).Scan(&locked)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoProduct
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE products SET stock_total = stock_total + ?,"+
		" stock_held = (SELECT COALESCE(SUM(qty), 0) FROM holds WHERE product_id = ? AND status IN ('active', 'used')),"+
		" updated_at = GREATEST(updated_at, UTC_TIMESTAMP(6)) WHERE id = ?", units, id, id)
	if err != nil {
		return err
	}
	return tx.Commit()
}

// Products lists what is on sale, by id.
func Products(ctx context.Context, db *sql.DB) ([]api.Product, error) {
	rows, err := db.QueryContext(ctx, fmt.Sprintf(selectProducts, "SELECT id FROM products"))
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	defer rows.Close()
	found := map[int64]api.Product{}
	for rows.Next() {
		if err := addProduct(rows, found); err != nil {
			return nil, fmt.Errorf("list products: %w", err)
		}
	}
	list := slices.SortedFunc(maps.Values(found), func(a, b api.Product) int { return cmp.Compare(a.ID, b.ID) })
	return list, rows.Err()
}
