package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/server/internal/decide"
)

// inserted tells the ids that a transaction's inserts got. Ids of a multi-row insert are consecutive (in
// steps of auto_increment_increment), because the row count is known before the first row is written.
// Rows are inserted in key order, not in order of decision: place maps one to the other.
type inserted struct {
	step                              int64
	firstHold, firstOrder, firstEvent int64
	holdPlace, orderPlace             []int
}

func (i inserted) hold(n int) int64  { return i.firstHold + int64(i.holdPlace[n-1])*i.step }
func (i inserted) order(n int) int64 { return i.firstOrder + int64(i.orderPlace[n-1])*i.step }

// statements collects what one round trip executes.
type statements struct {
	text    strings.Builder
	args    []any
	count   int
	inserts map[int]*int64 // which statement's insert id goes where
}

func (s *statements) add(text string, args ...any) {
	if s.count > 0 {
		s.text.WriteString("; ")
	}
	s.text.WriteString(text)
	s.args = append(s.args, args...)
	s.count++
}

// insert adds a multi-row insert; the id of its first row is stored in first.
func (s *statements) insert(into string, rows int, args []any, first *int64) {
	if rows == 0 {
		return
	}
	one := "(" + placeholders(len(args)/rows) + ")"
	s.inserts[s.count] = first
	s.add("INSERT INTO "+into+" VALUES "+strings.TrimSuffix(strings.Repeat(one+",", rows), ","), args...)
}

// write executes all changes of a round in one round trip, without COMMIT: the ids must be known before
// the commit can get lost. Keys are inserted in sorted order and tables in a fixed one, because two
// transactions that insert the same keys crosswise deadlock, under READ COMMITTED too.
func write(ctx context.Context, conn *sql.Conn, in session, s *decide.State, c *decide.Changes,
	mark token) (inserted, error) {
	ids := inserted{step: in.idStep}
	st := &statements{inserts: map[int]*int64{}}
	if p := c.Product; p != nil {
		st.add("UPDATE products SET stock_sold = ?, stock_held = ?, updated_at = ? WHERE id = ?", p.Sold, p.Held, s.Now, p.ID)
	}
	for _, status := range slices.Sorted(maps.Keys(c.HoldStatus)) {
		updateStatus(st, "holds", status, s.Now, c.HoldStatus[status])
	}
	for _, status := range slices.Sorted(maps.Keys(c.OrderStatus)) {
		updateStatus(st, "orders", status, s.Now, c.OrderStatus[status])
	}
	ids.holdPlace = insertHolds(st, s, c.NewHolds, mark, &ids.firstHold)
	ids.orderPlace = insertOrders(st, s, c.NewOrders, mark, &ids.firstOrder)
	insertEvents(st, s, c.NewEvents, mark, &ids.firstEvent)
	return ids, execute(ctx, conn, st)
}

func updateStatus(st *statements, table, status string, now time.Time, ids []int64) {
	st.add("UPDATE "+table+" SET status = ?, updated_at = ? WHERE id IN ("+placeholders(len(ids))+")",
		appendAll([]any{status, now}, ids)...)
}

func insertHolds(st *statements, s *decide.State, rows []decide.NewHold, mark token, first *int64) []int {
	order, place := byKey(rows, func(r decide.NewHold) string { return r.Key })
	args := make([]any, 0, 8*len(rows))
	for _, i := range order {
		r := rows[i]
		args = append(args, s.Product.ID, r.Qty, "active", r.ExpiresAt, nullable(r.Key), mark[:], s.Now, s.Now)
	}
	st.insert("holds (product_id, qty, status, expires_at, idempotency_key, batch, created_at, updated_at)",
		len(rows), args, first)
	return place
}

func insertOrders(st *statements, s *decide.State, rows []decide.NewOrder, mark token, first *int64) []int {
	order, place := byKey(rows, func(r decide.NewOrder) string { return r.Key })
	args := make([]any, 0, 9*len(rows))
	for _, i := range order {
		r := rows[i]
		args = append(args, s.Product.ID, r.HoldID, r.Qty, r.TotalPrice, "pending", nullable(r.Key), mark[:], s.Now, s.Now)
	}
	st.insert("orders (product_id, hold_id, qty, total_price, status, idempotency_key, batch, created_at, updated_at)",
		len(rows), args, first)
	return place
}

func insertEvents(st *statements, s *decide.State, rows []decide.NewEvent, mark token, first *int64) {
	order, _ := byKey(rows, func(r decide.NewEvent) string { return r.Key })
	args := make([]any, 0, 8*len(rows))
	for _, i := range order {
		r := rows[i]
		args = append(args, r.OrderID, []byte(r.Key), r.Payment, r.Outcome, r.RawPayload, mark[:], s.Now, s.Now)
	}
	st.insert("payment_events (order_id, idempotency_key, status, outcome, raw_payload, batch, created_at, updated_at)",
		len(rows), args, first)
}

// byKey returns the positions of rows sorted by key, and for each position its place in that order.
func byKey[R any](rows []R, key func(R) string) (order, place []int) {
	order, place = make([]int, len(rows)), make([]int, len(rows))
	for i := range rows {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(key(rows[a]), key(rows[b])) })
	for p, i := range order {
		place[i] = p
	}
	return order, place
}

func nullable(key string) any {
	if key == "" {
		return nil
	}
	return []byte(key)
}

// execute runs the statements in one round trip and collects the insert ids, which database/sql does not
// pass on for more than one statement.
func execute(ctx context.Context, conn *sql.Conn, st *statements) error {
	return conn.Raw(func(dc any) error {
		named := make([]driver.NamedValue, len(st.args))
		for i, a := range st.args {
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		}
		done, err := dc.(driver.ExecerContext).ExecContext(ctx, st.text.String(), named)
		if err != nil {
			return err
		}
		ids := done.(mysql.Result).AllLastInsertIds()
		if len(ids) != st.count {
			return fmt.Errorf("%d statements gave %d results", st.count, len(ids))
		}
		for i, first := range st.inserts {
			*first = ids[i]
		}
		return nil
	})
}
