package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"flashsale/server/internal/decide"
)

// token marks the rows that one transaction inserts.
type token [16]byte

func newToken() (t token) {
	// crypto/rand.Read never fails on the platforms we build for; it ends the program instead.
	_, _ = rand.Read(t[:])
	return t
}

// transact runs one transaction over a batch. It has the product's lock before it cuts the batch, and writes and
// commits in one round trip; commands that name rows, or keys to be looked up, need one between the two. When it
// returns answers, they are committed. When it returns an error, nothing is, and the session is rolled back or
// gone; except for ErrOutcomeUnknown.
func (l *Ledger) transact(b *batch, limit time.Time) ([]decide.Answer, error) {
	ctx, cancel := context.WithDeadline(context.Background(), b.until(limit))
	defer cancel()
	conn, err := l.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConnect, err)
	}
	defer conn.Close()
	session, state, err := begin(ctx, conn, b.productID)
	if err != nil {
		rollback(conn)
		return nil, fmt.Errorf("begin: %w", err)
	}
	b.locked = time.Now()
	l.cutBatch(b)
	ctx, cancelCut := context.WithDeadline(ctx, b.until(limit))
	defer cancelCut()
	state.TTL = l.HoldTTL
	found, err := l.audit(ctx, conn, state)
	if err != nil {
		rollback(conn)
		return nil, err
	}
	changes, answers, err := l.decideBatch(ctx, conn, b, state)
	if err == nil && time.Now().After(b.until(limit)) {
		// A process that was frozen goes on here, before its timers have had their turn.
		err = context.DeadlineExceeded
	}
	if err != nil || changes.Empty() {
		rollback(conn)
		return answers, err
	}
	ids, err := l.commit(ctx, conn, b.productID, session, newWriting(state, changes))
	if err != nil {
		return nil, err
	}
	l.corrected(b.productID, found)
	fillIDs(answers, ids)
	return answers, nil
}

// decideBatch loads what the commands of a batch name, and decides them.
func (l *Ledger) decideBatch(ctx context.Context, conn *sql.Conn, b *batch,
	state *decide.State) (*decide.Changes, []decide.Answer, error) {
	commands := make([]decide.Command, len(b.tickets))
	for i, t := range b.tickets {
		commands[i] = t.command
	}
	w := want(commands)
	w.holdKeys = l.keys.lookUp(w.holdKeys, commands, state.Product)
	if err := load(ctx, conn, b.productID, w, state); err != nil {
		return nil, nil, fmt.Errorf("load: %w", err)
	}
	round := decide.NewRound(state, commands)
	var after lapsedCursor
	for !round.Run() {
		holds, err := loadLapsed(ctx, conn, b.productID, state.Now, &after)
		if err != nil {
			return nil, nil, fmt.Errorf("load lapsed holds: %w", err)
		}
		round.AddLapsed(holds, len(holds) < lapsedChunk)
	}
	return round.Changes(), round.Answers(), nil
}

// commit writes and commits. The error is retryable where the transaction is certainly not in the database.
func (l *Ledger) commit(ctx context.Context, conn *sql.Conn, productID int64, in session, w writing) (inserted, error) {
	ids, err := w.execute(ctx, conn, in.idStep)
	if err == nil {
		return ids, nil
	}
	if isRolledBack(err) {
		rollback(conn)
		return ids, fmt.Errorf("write: %w", err)
	}
	discard(conn)
	ids, committed, doubt := l.resolve(productID, in, w)
	switch {
	case doubt != nil:
		return ids, fmt.Errorf("%w: commit: %v; then: %v", ErrOutcomeUnknown, err, doubt)
	case !committed:
		return ids, fmt.Errorf("write and commit: %w", asLoss(err))
	}
	return ids, nil
}

// fillIDs completes answers that were decided before their rows had ids.
func fillIDs(answers []decide.Answer, ids inserted) {
	for i := range answers {
		if n := answers[i].NewHold; n > 0 {
			answers[i].HoldID = ids.hold(n)
		}
		if n := answers[i].NewOrder; n > 0 {
			answers[i].OrderID = ids.order(n)
		}
	}
}

// rollbackTimeout bounds the one statement that must come before anything else after an error.
const rollbackTimeout = time.Second

// rollback ends the session's transaction; a session that cannot say so is closed, which ends it too.
// After a lock time-out the transaction is still open, and a COMMIT would keep half of it: that is why
// every error path comes through here. It has its own deadline, because the batch's may be what expired.
func rollback(conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		discard(conn)
	}
}

// discard closes the session instead of giving it back to the pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}
