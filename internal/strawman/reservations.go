package strawman

import (
	"database/sql"
	"fmt"
	"time"
)

// reservations is how the shop knows what is reserved of a product. Whichever way it is, a hold reserves while it is
// active or used and has not lapsed, and whoever takes stock or gives it back holds the product's lock.
type reservations interface {
	// column is what the products table keeps for it, as DDL.
	column() string
	// reserved is what holds reserve of the product p, as an expression. Its one `?` is the product's id.
	reserved(g guards) string
	// statements are what it executes besides the shop's own.
	statements() []preparation
	// reserve locks the product and sets qty units aside for a hold about to be inserted, if that many are available.
	// The product is as it was before, read when the lock was held; where there are too few, nothing has changed.
	reserve(t *txn, st *statements, productID, qty int64) (p product, exists bool, err error)
	// settle books that units were sold, and that holds of so many units reserve them no more.
	settle(t *txn, productID, sold, released int64, now time.Time) error
	// expiresUnlocked tells whether a lapsed hold may be marked expired without the product's lock.
	expiresUnlocked() bool
}

// newReservations chooses: the SUM over the holds, or a column that counts.
func newReservations(counterColumn bool) reservations {
	if counterColumn {
		return &counted{}
	}
	return &summed{}
}

// summed adds up the holds each time, as the seed does. Nothing can get out of step, and admission takes as long as
// there are holds.
type summed struct {
	addSold *sql.Stmt
}

func (*summed) column() string { return "" }

func (*summed) reserved(g guards) string {
	return "(SELECT COALESCE(SUM(h.qty), 0) FROM holds h WHERE h.product_id = ? AND " + reserving(g) + ")"
}

func (r *summed) statements() []preparation {
	return []preparation{
		{&r.addSold, "UPDATE products SET stock_sold = stock_sold + ?, updated_at = ? WHERE id = ?"},
	}
}

// reserve only locks and reads: the hold's row will be the reservation.
func (r *summed) reserve(t *txn, st *statements, productID, _ int64) (p product, exists bool, err error) {
	if exists, err := t.lockProduct(st, productID); err != nil || !exists {
		return p, false, err
	}
	p, err = t.readProduct(st, productID)
	return p, true, err
}

func (r *summed) settle(t *txn, productID, sold, _ int64, now time.Time) error {
	if sold == 0 {
		return nil
	}
	if _, err := t.exec(r.addSold, sold, now, productID); err != nil {
		return fmt.Errorf("updating product: %w", err)
	}
	return nil
}

// expiresUnlocked: the sum leaves a lapsed hold out, marked or not.
func (*summed) expiresUnlocked() bool { return true }

// counted keeps the sum in products.stock_held, so that admission takes as long with a million holds as with none. The
// column counts holds that have lapsed until something marks them expired; where availability is read they are
// subtracted, and between two sweeps there are few.
type counted struct {
	take, takeRegardless, adjust *sql.Stmt
}

func (*counted) column() string { return "stock_held BIGINT NOT NULL DEFAULT 0," }

func (*counted) reserved(g guards) string {
	return `(p.stock_held - (SELECT COALESCE(SUM(h.qty), 0) FROM holds h
		WHERE h.product_id = ? AND h.status IN (` + lapsing(g) + `) AND h.expires_at <= UTC_TIMESTAMP(6)))`
}

func (r *counted) statements() []preparation {
	return []preparation{
		{&r.take, `UPDATE products SET stock_held = stock_held + ?
			WHERE id = ? AND stock_total - stock_sold - stock_held >= ?`},
		{&r.takeRegardless, "UPDATE products SET stock_held = stock_held + ? WHERE id = ?"},
		{&r.adjust, `UPDATE products SET stock_sold = stock_sold + ?, stock_held = stock_held - ?, updated_at = ?
			WHERE id = ?`},
	}
}

// reserve takes the lock and the units in one statement, and saves a round trip under the lock. Only where the column
// says that there are too few does it look whether lapsed holds make up for it.
func (r *counted) reserve(t *txn, st *statements, productID, qty int64) (p product, exists bool, err error) {
	taken, err := t.exec(r.take, qty, productID, qty)
	if err != nil {
		return p, false, fmt.Errorf("reserving stock: %w", err)
	}
	if n, err := taken.RowsAffected(); err != nil || n == 1 {
		if err == nil {
			p, err = t.readProduct(st, productID)
		}
		p.AvailableStock += qty
		return p, true, err
	}
	if exists, err := t.lockProduct(st, productID); err != nil || !exists {
		return p, false, err
	}
	if p, err = t.readProduct(st, productID); err != nil || p.AvailableStock < qty {
		return p, true, err
	}
	if _, err := t.exec(r.takeRegardless, qty, productID); err != nil {
		return p, true, fmt.Errorf("reserving stock: %w", err)
	}
	return p, true, nil
}

func (r *counted) settle(t *txn, productID, sold, released int64, now time.Time) error {
	if sold == 0 && released == 0 {
		return nil
	}
	if _, err := t.exec(r.adjust, sold, released, now, productID); err != nil {
		return fmt.Errorf("updating product: %w", err)
	}
	return nil
}

// expiresUnlocked: the column counts the hold until it is marked.
func (*counted) expiresUnlocked() bool { return false }
