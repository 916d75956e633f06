package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// session is what a transaction must know of the session it runs in.
type session struct {
	connectionID int64 // to end it, should its COMMIT get no answer
	idStep       int64 // auto_increment_increment: how far apart the ids of a multi-row insert are
}

// wanted is what the commands of a batch name.
type wanted struct {
	holds                          []int64
	holdKeys, orderKeys, eventKeys []string
}

func want(commands []decide.Command) (w wanted) {
	for _, c := range commands {
		switch c := c.(type) {
		case decide.CreateHold:
			w.holdKeys = appendKey(w.holdKeys, c.Key)
		case decide.CreateOrder:
			w.holds = append(w.holds, c.HoldID)
			w.orderKeys = appendKey(w.orderKeys, c.Key)
		case decide.ApplyPayment:
			w.holds = append(w.holds, c.HoldID)
			w.eventKeys = appendKey(w.eventKeys, c.Key)
		case decide.Release:
			w.holds = append(w.holds, c.HoldIDs...)
		}
	}
	slices.Sort(w.holds) // the order of locking
	w.holds = slices.Compact(w.holds)
	return w
}

// nothing says that the product's row is all that the commands need.
func (w wanted) nothing() bool {
	return len(w.holds)+len(w.holdKeys)+len(w.orderKeys)+len(w.eventKeys) == 0
}

func appendKey(keys []string, key string) []string {
	if key == "" {
		return keys
	}
	return append(keys, key)
}

// now reads the database's clock. It is a statement of its own, after the last lock: NOW() inside a locking SELECT
// is the time before the wait, which is seconds old in a storm.
const now = "SELECT UTC_TIMESTAMP(6)"

// begin opens the transaction and locks the product; nothing is read before that lock. The clock that it reads is
// the time of the decisions if the product is all that they need. A row from before the database's start is to be
// audited, and so rewritten.
func begin(ctx context.Context, conn *sql.Conn, productID int64) (s session, _ *decide.State, err error) {
	rows, err := conn.QueryContext(ctx, "START TRANSACTION; "+
		"SELECT id, price, stock_total, stock_sold, stock_held, COALESCE(updated_at <= @started, FALSE)"+
		" FROM products WHERE id = ? FOR UPDATE; "+
		now+", CONNECTION_ID(), @@auto_increment_increment", productID)
	if err != nil {
		return s, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	state := &decide.State{
		Holds: map[int64]*decide.Hold{}, Orders: map[int64]*decide.Order{},
		HoldKeys: map[string]decide.KeyedHold{}, OrderKeys: map[string]decide.KeyedOrder{}, Events: map[string]decide.Event{},
	}
	results := resultSets{rows: rows}
	results.each(true, func() error {
		p := &decide.Product{}
		state.Product = p
		return rows.Scan(&p.ID, &p.Price, &p.Total, &p.Sold, &p.Held, &state.Rewrite)
	})
	results.each(true, func() error { return rows.Scan(&state.Now, &s.connectionID, &s.idStep) })
	return s, state, results.err
}

// load completes the state with what is wanted: one round trip that locks holds and then their orders, by
// id, reads the clock again, and only then looks for the keys.
func load(ctx context.Context, conn *sql.Conn, productID int64, w wanted, state *decide.State) (err error) {
	if w.nothing() {
		return nil
	}
	query, args := loadStatements(productID, w)
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	results := resultSets{rows: rows}
	results.each(len(w.holds) > 0, func() error {
		h := &decide.Hold{}
		err := rows.Scan(&h.ID, &h.Qty, &h.Status, &h.ExpiresAt)
		state.Holds[h.ID] = h
		return err
	})
	results.each(len(w.holds) > 0, func() error {
		o := &decide.Order{}
		err := rows.Scan(&o.ID, &o.HoldID, &o.Qty, &o.TotalPrice, &o.Status)
		state.Orders[o.HoldID] = o
		return err
	})
	results.each(true, func() error { return rows.Scan(&state.Now) })
	loadKeys(&results, w, state)
	return results.err
}

func loadKeys(results *resultSets, w wanted, state *decide.State) {
	rows := results.rows
	results.each(len(w.holdKeys) > 0, func() error {
		var key string
		var h decide.KeyedHold
		err := rows.Scan(&key, &h.ID, &h.ProductID, &h.Qty, &h.ExpiresAt)
		state.HoldKeys[key] = h
		return err
	})
	results.each(len(w.orderKeys) > 0, func() error {
		var key string
		var o decide.KeyedOrder
		err := rows.Scan(&key, &o.ID, &o.HoldID, &o.Qty, &o.TotalPrice)
		state.OrderKeys[key] = o
		return err
	})
	results.each(len(w.eventKeys) > 0, func() error {
		var key string
		var e decide.Event
		err := rows.Scan(&key, &e.OrderID, &e.Payment, &e.Outcome)
		state.Events[key] = e
		return err
	})
}

// loadStatements names the index of every locking read: on a small table the optimizer would rather scan
// all of it, and wait for rows that transactions of other products have locked.
func loadStatements(productID int64, w wanted) (string, []any) {
	var b strings.Builder
	var args []any
	if len(w.holds) > 0 {
		in := placeholders(len(w.holds))
		b.WriteString("SELECT id, qty, status, expires_at FROM holds FORCE INDEX (PRIMARY)" +
			" WHERE product_id = ? AND id IN (" + in + ") ORDER BY id FOR UPDATE; ")
		args = appendAll(append(args, productID), w.holds)
		b.WriteString("SELECT id, hold_id, qty, total_price, status FROM orders FORCE INDEX (orders_hold)" +
			" WHERE hold_id IN (" + in + ") ORDER BY id FOR UPDATE; ")
		args = appendAll(args, w.holds)
	}
	b.WriteString(now)
	for _, look := range []struct {
		columns, table string
		keys           []string
	}{
		{"id, product_id, qty, expires_at", "holds", w.holdKeys},
		{"id, hold_id, qty, total_price", "orders", w.orderKeys},
		{"order_id, status, outcome", "payment_events", w.eventKeys},
	} {
		if len(look.keys) == 0 {
			continue
		}
		fmt.Fprintf(&b, "; SELECT idempotency_key, %s FROM %s WHERE idempotency_key IN (%s)",
			look.columns, look.table, placeholders(len(look.keys)))
		for _, key := range look.keys {
			args = append(args, []byte(key)) // bytes: compared byte for byte
		}
	}
	return b.String(), args
}

// lapsedCursor is where the last chunk of lapsed holds ended. The rows of earlier chunks are still as
// they were in the database, because a round is written only when it is decided, so paging goes by key.
type lapsedCursor struct {
	expiresAt time.Time
	id        int64
}

// loadLapsed reads the next chunk of holds that have lapsed and still reserve stock, oldest first. The
// product's lock keeps them as they are; locking the scanned index as well would only make transactions of
// other products meet there, and deadlock.
//
// Each status is a part of its own, which the index has in order: over both at once the database would read
// and sort all that have lapsed, again for every chunk.
func loadLapsed(ctx context.Context, conn *sql.Conn, productID int64, by time.Time,
	after *lapsedCursor) ([]*decide.Hold, error) {
	const part = "(SELECT id, qty, status, expires_at FROM holds FORCE INDEX (holds_product_lapse)" +
		" WHERE product_id = ? AND status = ? AND expires_at <= ?" +
		" AND (expires_at > ? OR expires_at = ? AND id > ?) ORDER BY expires_at, id LIMIT ?)"
	var args []any
	for _, status := range []string{api.HoldActive, api.HoldUsed} {
		args = append(args, productID, status, by, after.expiresAt, after.expiresAt, after.id, lapsedChunk)
	}
	rows, err := conn.QueryContext(ctx, part+" UNION ALL "+part+" ORDER BY expires_at, id LIMIT ?",
		append(args, lapsedChunk)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var holds []*decide.Hold
	for rows.Next() {
		h := &decide.Hold{}
		if err := rows.Scan(&h.ID, &h.Qty, &h.Status, &h.ExpiresAt); err != nil {
			return nil, err
		}
		holds = append(holds, h)
		after.expiresAt, after.id = h.ExpiresAt, h.ID
	}
	return holds, rows.Err()
}

// resultSets walks the results of a multi-statement query; the first error sticks.
type resultSets struct {
	rows  *sql.Rows
	begun bool
	err   error
}

// each calls scan for every row of the next result set, if the query asked for that one.
func (r *resultSets) each(asked bool, scan func() error) {
	if !asked || r.err != nil {
		return
	}
	if r.begun && !r.rows.NextResultSet() {
		if r.err = r.rows.Err(); r.err == nil {
			r.err = errors.New("a result set is missing")
		}
		return
	}
	r.begun = true
	for r.rows.Next() {
		if r.err = scan(); r.err != nil {
			return
		}
	}
	r.err = r.rows.Err()
}

func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func appendAll(args []any, ids []int64) []any {
	for _, id := range ids {
		args = append(args, id)
	}
	return args
}
