package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-sql-driver/mysql"

	"flashsale/server/internal/decide"
)

// writing is all that a transaction is to write, once decided.
type writing struct {
	state                 *decide.State
	changes               *decide.Changes
	mark                  token
	holdOrder, orderOrder []int // in which new rows are inserted: positions in changes
}

func newWriting(s *decide.State, c *decide.Changes) writing {
	return writing{state: s, changes: c, mark: newToken(),
		holdOrder:  byKey(c.NewHolds, func(r decide.NewHold) string { return r.Key }),
		orderOrder: byKey(c.NewOrders, func(r decide.NewOrder) string { return r.Key })}
}

// inserted tells the ids that a transaction's inserts got. Ids of a multi-row insert are consecutive (in
// steps of auto_increment_increment), because the row count is known before the first row is written.
// Rows are inserted in key order, not in order of decision: place maps one to the other.
type inserted struct {
	step                  int64
	firstHold, firstOrder int64
	holdPlace, orderPlace []int
}

func (i inserted) hold(n int) int64  { return i.firstHold + int64(i.holdPlace[n-1])*i.step }
func (i inserted) order(n int) int64 { return i.firstOrder + int64(i.orderPlace[n-1])*i.step }

// places are the ids that the writing will get, but for the first ones.
func (w writing) places(idStep int64) inserted {
	return inserted{step: idStep, holdPlace: placesOf(w.holdOrder), orderPlace: placesOf(w.orderOrder)}
}

// byKey returns the positions of rows sorted by key.
func byKey[R any](rows []R, key func(R) string) []int {
	order := make([]int, len(rows))
	for i := range rows {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(key(rows[a]), key(rows[b])) })
	return order
}

// placesOf returns for each position its place in an order.
func placesOf(order []int) []int {
	place := make([]int, len(order))
	for p, i := range order {
		place[i] = p
	}
	return place
}

// execute writes everything and commits, in one round trip. A statement that fails keeps the database from running
// those after it, the COMMIT too. Keys are inserted in sorted order and tables in a fixed one, because two
// transactions that insert the same keys crosswise deadlock, under READ COMMITTED too.
func (w writing) execute(ctx context.Context, conn *sql.Conn, idStep int64) (inserted, error) {
	ids := w.places(idStep)
	s := &statements{inserts: map[int]*int64{}}
	s.values(w)
	if p := w.changes.Product; p != nil {
		s.begin("UPDATE products SET stock_sold = ").number(p.Sold).add(", stock_held = ").number(p.Held).
			add(", updated_at = @now WHERE id = ").number(p.ID)
	}
	s.update("holds", w.changes.HoldStatus)
	s.update("orders", w.changes.OrderStatus)
	s.insertHolds(w, &ids.firstHold)
	s.insertOrders(w, &ids.firstOrder)
	s.insertEvents(w)
	s.begin("COMMIT")
	return ids, s.execute(ctx, conn)
}

// statements is the text of one round trip. Numbers are written into it; everything else is a parameter, and what
// all rows share is sent once, as a variable of the session: most of what a row costs the database is reading it.
type statements struct {
	text    []byte
	args    []any
	count   int
	inserts map[int]*int64 // which statement's insert id goes where
}

func (s *statements) begin(text string) *statements {
	if s.count > 0 {
		s.text = append(s.text, "; "...)
	}
	s.count++
	return s.add(text)
}

func (s *statements) add(text string) *statements {
	s.text = append(s.text, text...)
	return s
}

func (s *statements) number(n int64) *statements {
	s.text = strconv.AppendInt(s.text, n, 10)
	return s
}

func (s *statements) value(v any) *statements {
	s.text = append(s.text, '?')
	s.args = append(s.args, v)
	return s
}

// key is a value, or NULL where there is no key. Keys are bytes: compared byte for byte.
func (s *statements) key(key string) *statements {
	if key == "" {
		return s.add("NULL")
	}
	return s.value([]byte(key))
}

// values sets what the rows share.
func (s *statements) values(w writing) {
	s.begin("SET @now = ").value(w.state.Now).add(", @batch = ").value(w.mark[:])
	if rows := w.changes.NewHolds; len(rows) > 0 {
		s.add(", @expires = ").value(rows[0].ExpiresAt) // decided at one time, they lapse at one time
	}
}

func (s *statements) update(table string, status map[string][]int64) {
	for _, to := range slices.Sorted(maps.Keys(status)) {
		s.begin("UPDATE ").add(table).add(" SET status = ").value(to).add(", updated_at = @now WHERE id IN (")
		for i, id := range status[to] {
			s.comma(i).number(id)
		}
		s.add(")")
	}
}

func (s *statements) comma(i int) *statements {
	if i > 0 {
		s.text = append(s.text, ',')
	}
	return s
}

// insert begins a multi-row insert; the id of its first row is stored in first.
func (s *statements) insert(into string, first *int64) {
	s.inserts[s.count] = first
	s.begin("INSERT INTO ").add(into).add(", batch, created_at, updated_at) VALUES ")
}

func (s *statements) insertHolds(w writing, first *int64) {
	rows := w.changes.NewHolds
	if len(rows) == 0 {
		return
	}
	s.insert("holds (product_id, qty, status, expires_at, idempotency_key", first)
	for i, at := range w.holdOrder {
		r := rows[at]
		s.comma(i).add("(").number(w.state.Product.ID).add(",").number(r.Qty).add(",'active',@expires,").key(r.Key).
			add(",@batch,@now,@now)")
	}
}

func (s *statements) insertOrders(w writing, first *int64) {
	rows := w.changes.NewOrders
	if len(rows) == 0 {
		return
	}
	s.insert("orders (product_id, hold_id, qty, total_price, status, idempotency_key", first)
	for i, at := range w.orderOrder {
		r := rows[at]
		s.comma(i).add("(").number(w.state.Product.ID).add(",").number(r.HoldID).add(",").number(r.Qty).add(",").
			number(r.TotalPrice).add(",'pending',").key(r.Key).add(",@batch,@now,@now)")
	}
}

func (s *statements) insertEvents(w writing) {
	rows := w.changes.NewEvents
	if len(rows) == 0 {
		return
	}
	var first int64 // nobody is told it
	s.insert("payment_events (order_id, idempotency_key, status, outcome, raw_payload", &first)
	for i, at := range byKey(rows, func(r decide.NewEvent) string { return r.Key }) {
		r := rows[at]
		s.comma(i).add("(").number(r.OrderID).add(",").key(r.Key).add(",").value(r.Payment).add(",").value(r.Outcome).
			add(",").value(r.RawPayload).add(",@batch,@now,@now)")
	}
}

// execute runs the statements in one round trip and collects the insert ids, which database/sql does not
// pass on for more than one statement.
func (s *statements) execute(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(dc any) error {
		named := make([]driver.NamedValue, len(s.args))
		for i, a := range s.args {
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		}
		done, err := dc.(driver.ExecerContext).ExecContext(ctx, string(s.text), named)
		if err != nil {
			return err
		}
		ids := done.(mysql.Result).AllLastInsertIds()
		if len(ids) != s.count {
			return fmt.Errorf("%d statements gave %d results", s.count, len(ids))
		}
		for i, first := range s.inserts {
			*first = ids[i]
		}
		return nil
	})
}
