package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// resolveTimeout bounds the search for the truth about a COMMIT that got no answer; it includes waiting
// for a database that restarts.
const resolveTimeout = 5 * time.Second

// resolve finds out whether a transaction whose COMMIT got no answer is in the database. A plain look
// for its rows could miss a commit that is still on its way. So: end the old session, take the product's
// lock, which the old transaction held until it was over, and look THEN. An error means that no lock was
// to be had in time, and that the outcome stays unknown.
//
// A transaction without inserts released lapsed holds at most. Nobody was promised that, and running it
// again is harmless: it counts as not committed.
func (l *Ledger) resolve(productID int64, old session, w writing) (ids inserted, committed bool, err error) {
	until := time.Now().Add(resolveTimeout)
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	for attempt := 1; ; attempt++ {
		ids, committed, err = l.look(ctx, productID, old, w)
		if err == nil {
			l.Logger.Warn("a commit without an answer was looked up", "product", productID, "committed", committed)
			return ids, committed, nil
		}
		l.Observe.Retried(reasonInDoubt)
		if !pause(until, backoff(attempt)) {
			return ids, false, err
		}
	}
}

func (l *Ledger) look(ctx context.Context, productID int64, old session, w writing) (ids inserted, committed bool, err error) {
	conn, err := l.DB.Conn(ctx)
	if err != nil {
		return ids, false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	defer rollback(conn)
	if err := endSession(ctx, conn, old); err != nil {
		return ids, false, err
	}
	var locked int64
	if _, err := conn.ExecContext(ctx, "START TRANSACTION"); err != nil {
		return ids, false, err
	}
	err = conn.QueryRowContext(ctx, "SELECT id FROM products WHERE id = ? FOR UPDATE", productID).Scan(&locked)
	if err != nil {
		return ids, false, fmt.Errorf("lock the product: %w", err)
	}
	return w.find(ctx, conn, old.idStep)
}

// isAbandoned tells whether a connection id is that of a session of this account in this database which waits for its
// next statement. After a restart, or on the replica that took over, the number may be anybody's: a backup, a
// replication thread.
const isAbandoned = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ? AND db = DATABASE()" +
	" AND command = 'Sleep' AND CONCAT(user, '@') = LEFT(USER(), CHAR_LENGTH(user) + 1)"

// endSession ends the old session if our statements never reached it, so that the product's lock is not waited for until
// the database notices. One that is at work is left alone: it comes to its end by itself, and where it waits in its COMMIT
// for room on a full disk, a KILL would make it give up in the middle of an event and leave the binary log torn, for
// every replica that reads it.
//
// The database may refuse: the session is gone already, for one. It is the lock that proves the old transaction
// over, so a refusal does not matter. If the number is now that of another session of ours, that one loses
// its connection and tries again.
func endSession(ctx context.Context, conn *sql.Conn, old session) error {
	var abandoned bool
	err := conn.QueryRowContext(ctx, isAbandoned, old.connectionID).Scan(&abandoned)
	if err == nil && abandoned {
		_, err = conn.ExecContext(ctx, fmt.Sprintf("KILL %d", old.connectionID))
	}
	var refused *mysql.MySQLError
	if err == nil || errors.As(err, &refused) {
		return nil
	}
	return fmt.Errorf("end the old session: %w", err)
}

// find looks for the rows that a transaction has inserted, by what is unique about them and by its token, and for
// the ids that they got. They are all in the database, or none is.
func (w writing) find(ctx context.Context, conn *sql.Conn, idStep int64) (ids inserted, found bool, err error) {
	ids = w.places(idStep)
	first := func(into *int64, query string, args ...any) {
		if err != nil {
			return
		}
		var id sql.NullInt64
		err = conn.QueryRowContext(ctx, query, args...).Scan(&id)
		*into, found = id.Int64, found || id.Valid
	}
	if rows := w.changes.NewHolds; len(rows) > 0 {
		first(&ids.firstHold, "SELECT MIN(id) FROM holds FORCE INDEX (holds_product_lapse) WHERE product_id = ? AND expires_at = ?"+
			" AND status IN ('active', 'used', 'completed', 'expired', 'canceled') AND batch = ?",
			w.state.Product.ID, rows[0].ExpiresAt, w.mark[:])
	}
	if rows := w.changes.NewOrders; len(rows) > 0 {
		holds := make([]int64, len(rows))
		for i, r := range rows {
			holds[i] = r.HoldID
		}
		first(&ids.firstOrder, "SELECT MIN(id) FROM orders WHERE hold_id IN ("+placeholders(len(holds))+") AND batch = ?",
			append(appendAll(nil, holds), w.mark[:])...)
	}
	if rows := w.changes.NewEvents; len(rows) > 0 {
		var event int64 // nobody is told its id
		first(&event, "SELECT MIN(id) FROM payment_events WHERE idempotency_key = ? AND batch = ?", []byte(rows[0].Key), w.mark[:])
	}
	return ids, found, err
}

// asLoss makes the error of a transaction that turned out not to be in the database retryable, where it is no
// refusal of the database's: the transaction is gone, so it is safe to run it again.
func asLoss(err error) error {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w (%v)", mysql.ErrInvalidConn, err)
}
