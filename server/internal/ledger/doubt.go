package ledger

import (
	"bytes"
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
func (l *Ledger) resolve(productID int64, old session, ids inserted, mark token) (committed bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		committed, err = l.look(ctx, productID, old, ids, mark)
		if err == nil {
			l.Logger.Warn("a commit without an answer was looked up", "product", productID, "committed", committed)
			return committed, nil
		}
		l.Observe.Retried(reasonInDoubt)
		if !pause(ctx, backoff(attempt)) {
			return false, err
		}
	}
}

func (l *Ledger) look(ctx context.Context, productID int64, old session, ids inserted, mark token) (bool, error) {
	conn, err := l.DB.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	defer rollback(conn)
	if err := endSession(ctx, conn, old); err != nil {
		return false, err
	}
	var locked int64
	if _, err := conn.ExecContext(ctx, "START TRANSACTION"); err != nil {
		return false, err
	}
	err = conn.QueryRowContext(ctx, "SELECT id FROM products WHERE id = ? FOR UPDATE", productID).Scan(&locked)
	if err != nil {
		return false, fmt.Errorf("lock the product: %w", err)
	}
	table, id := ids.witness()
	if table == "" {
		return false, nil
	}
	var found []byte
	err = conn.QueryRowContext(ctx, "SELECT batch FROM "+table+" WHERE id = ?", id).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return bytes.Equal(found, mark[:]), err
}

// isOurs tells whether a connection id is that of a session of this account in this database. After a
// restart, or on the replica that took over, the number may be anybody's: a backup, a replication thread.
const isOurs = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ? AND db = DATABASE()" +
	" AND CONCAT(user, '@') = LEFT(USER(), CHAR_LENGTH(user) + 1)"

// endSession ends the old session, so that the product's lock is not waited for longer than need be. The
// database may refuse: the session is gone already, for one. It is the lock that proves the old transaction
// over, so a refusal does not matter. If the number is now that of another session of ours, that one loses
// its connection and tries again.
func endSession(ctx context.Context, conn *sql.Conn, old session) error {
	var ours bool
	err := conn.QueryRowContext(ctx, isOurs, old.connectionID).Scan(&ours)
	if err == nil && ours {
		_, err = conn.ExecContext(ctx, fmt.Sprintf("KILL %d", old.connectionID))
	}
	var refused *mysql.MySQLError
	if err == nil || errors.As(err, &refused) {
		return nil
	}
	return fmt.Errorf("end the old session: %w", err)
}

// witness names one row that is in the database if and only if the transaction is.
func (i inserted) witness() (table string, id int64) {
	switch {
	case i.firstHold != 0:
		return "holds", i.firstHold
	case i.firstOrder != 0:
		return "orders", i.firstOrder
	case i.firstEvent != 0:
		return "payment_events", i.firstEvent
	}
	return "", 0
}

// asConnectionLoss makes the error of a COMMIT that turned out not to be in the database retryable,
// whatever it was: the transaction is gone, so it is safe to run it again.
func asConnectionLoss(err error) error { return fmt.Errorf("%w (%v)", mysql.ErrInvalidConn, err) }
