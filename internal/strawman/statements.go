package strawman

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// statements are all the SQL there is, prepared once; database/sql prepares them again on every new connection.
type statements struct {
	now *sql.Stmt

	lockProduct *sql.Stmt
	readProduct *sql.Stmt
	price       *sql.Stmt

	insertHold *sql.Stmt
	lockHold   *sql.Stmt
	readHold   *sql.Stmt
	setHold    *sql.Stmt
	holdByKey  *sql.Stmt

	insertOrder *sql.Stmt
	orderOfHold *sql.Stmt
	readOrder   *sql.Stmt
	setOrder    *sql.Stmt
	orderByKey  *sql.Stmt

	lookUpEvent   *sql.Stmt
	lockHoldOrder *sql.Stmt
	insertEvent   *sql.Stmt

	lapsedProducts *sql.Stmt
	lapsedHolds    *sql.Stmt
}

// preparation is a statement to prepare, and where to keep it.
type preparation struct {
	into **sql.Stmt
	text string
}

// prepare prepares every statement, as the guards in place and the kind of reservations want it.
func prepare(ctx context.Context, db *sql.DB, g guards, r reservations) (*statements, error) {
	st := &statements{}
	own := []preparation{
		{&st.now, "SELECT UTC_TIMESTAMP(6)"},

		{&st.lockProduct, "SELECT id FROM products WHERE id = ?" + forUpdate(g.productLock)},
		{&st.readProduct, readProductSQL(r.reserved(g))},
		{&st.price, "SELECT UTC_TIMESTAMP(6), price FROM products WHERE id = ?"},

		{&st.insertHold, `INSERT INTO holds (product_id, qty, status, expires_at, idempotency_key, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`},
		{&st.lockHold, "SELECT product_id, qty, status, expires_at FROM holds WHERE id = ?" + forUpdate(g.holdLock)},
		{&st.readHold, "SELECT product_id, qty, status, expires_at FROM holds WHERE id = ?"},
		{&st.setHold, "UPDATE holds SET status = ?, updated_at = ? WHERE id = ?"},
		{&st.holdByKey, "SELECT id, product_id, qty, expires_at FROM holds WHERE idempotency_key = ?"},

		{&st.insertOrder, `INSERT INTO orders
			(product_id, hold_id, qty, total_price, status, idempotency_key, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&st.orderOfHold, "SELECT id FROM orders WHERE hold_id = ? ORDER BY id LIMIT 1"},
		{&st.readOrder, "SELECT product_id, hold_id, qty, total_price, status FROM orders WHERE id = ?"},
		{&st.setOrder, "UPDATE orders SET status = ?, updated_at = ? WHERE id = ?"},
		{&st.orderByKey, "SELECT id, hold_id, qty, total_price FROM orders WHERE idempotency_key = ?"},

		{&st.lookUpEvent, lookUpEventSQL},
		{&st.lockHoldOrder, lockHoldOrderSQL},
		{&st.insertEvent, `INSERT INTO payment_events
			(order_id, idempotency_key, status, outcome, raw_payload, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`},

		{&st.lapsedProducts, lapsedProductsSQL(g)},
		{&st.lapsedHolds, `SELECT UTC_TIMESTAMP(6), id, qty FROM holds
			WHERE product_id = ? AND status IN (` + lapsing(g) + `) AND expires_at <= UTC_TIMESTAMP(6) LIMIT ?`},
	}
	for _, p := range slices.Concat(own, r.statements()) {
		stmt, err := db.PrepareContext(ctx, p.text)
		if err != nil {
			return nil, fmt.Errorf("preparing %q: %w", p.text, err)
		}
		*p.into = stmt
	}
	return st, nil
}

// forUpdate is the lock on a SELECT, or nothing where the guard was removed.
func forUpdate(guarded bool) string {
	if guarded {
		return " FOR UPDATE"
	}
	return ""
}

// readProductSQL is the one place where availability is computed, for decisions and for readers alike. What is reserved
// names the product by a parameter of its own (the id is bound twice): correlated with p, it could not use the range of
// holds_reserving and would walk every hold that the product ever had.
func readProductSQL(reserved string) string {
	return `SELECT UTC_TIMESTAMP(6), p.name, p.price, p.stock_total - p.stock_sold - ` + reserved + `
		FROM products p WHERE p.id = ?`
}

// reserving is what makes a hold h take stock.
func reserving(g guards) string {
	switch {
	case !g.usedHoldsCount:
		return "h.status = 'active' AND h.expires_at > UTC_TIMESTAMP(6)"
	case !g.holdsLapse:
		return "(h.status = 'used' OR h.status = 'active' AND h.expires_at > UTC_TIMESTAMP(6))"
	}
	return "h.status IN ('active', 'used') AND h.expires_at > UTC_TIMESTAMP(6)"
}

// lapsing lists the states in which a hold can lapse.
func lapsing(g guards) string {
	if !g.holdsLapse {
		return "'active'"
	}
	return "'active', 'used'"
}

// lapsedProductsSQL finds the products that have something to sweep: for each product and state, one step to the hold
// that lapses first.
func lapsedProductsSQL(g guards) string {
	first := func(status string) string {
		return `(SELECT h.expires_at FROM holds h WHERE h.product_id = p.id AND h.status = '` + status + `'
			ORDER BY h.expires_at LIMIT 1) <= UTC_TIMESTAMP(6)`
	}
	text := "SELECT p.id FROM products p WHERE " + first("active")
	if g.holdsLapse {
		text += " OR " + first("used")
	}
	return text
}

// expireHoldsSQL expires n holds by their ids. They are locked by the primary key, as by everybody else: an update that
// searched for them through holds_reserving would lock index before row, orders lock row before index, and the two
// deadlock. A hold that an order has marked in the meantime is left alone.
func expireHoldsSQL(g guards, n int) string {
	return "UPDATE holds SET status = 'expired', updated_at = ? WHERE id IN (?" + strings.Repeat(", ?", n-1) +
		") AND status IN (" + lapsing(g) + ")"
}

const (
	// lookUpEventSQL answers in one round trip: does the order exist, whose is it, and is the key known?
	lookUpEventSQL = `SELECT o.product_id, o.hold_id, e.order_id, e.status, e.outcome, eo.status
		FROM (SELECT 1) AS one_row
		LEFT JOIN orders o ON o.id = ?
		LEFT JOIN payment_events e ON e.idempotency_key = ?
		LEFT JOIN orders eo ON eo.id = e.order_id
		ORDER BY e.id LIMIT 1`

	// lockHoldOrderSQL locks the hold, then the order; the product is locked by then, so that nobody else is between.
	lockHoldOrderSQL = `SELECT h.status, h.expires_at, o.status, o.qty
		FROM holds h STRAIGHT_JOIN orders o ON o.id = ? AND o.hold_id = h.id
		WHERE h.id = ? FOR UPDATE`
)
