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

// transact runs one transaction over a batch: three round trips, one of them the commit. When it returns
// answers, they are committed. When it returns an error, nothing is, and the session is rolled back or
// gone; except for ErrOutcomeUnknown.
func (l *Ledger) transact(ctx context.Context, productID int64, batch []*ticket) ([]decide.Answer, error) {
	conn, err := l.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConnect, err)
	}
	defer conn.Close()

	commands := make([]decide.Command, len(batch))
	for i, t := range batch {
		commands[i] = t.command
	}
	session, state, err := load(ctx, conn, productID, commands)
	if err != nil {
		rollback(conn)
		return nil, fmt.Errorf("load: %w", err)
	}
	state.TTL = l.HoldTTL
	round := decide.NewRound(state, commands)
	var after lapsedCursor
	for !round.Run() {
		holds, err := loadLapsed(ctx, conn, productID, state.Now, &after)
		if err != nil {
			rollback(conn)
			return nil, fmt.Errorf("load lapsed holds: %w", err)
		}
		round.AddLapsed(holds, len(holds) < lapsedChunk)
	}
	changes, answers := round.Changes(), round.Answers()
	if changes.Empty() {
		rollback(conn)
		return answers, nil
	}
	mark := newToken()
	ids, err := write(ctx, conn, session, state, changes, mark)
	if err != nil {
		rollback(conn)
		return nil, fmt.Errorf("write: %w", err)
	}
	fillIDs(answers, ids)
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		discard(conn)
		committed, doubt := l.resolve(productID, session, ids, mark)
		if doubt != nil {
			return nil, fmt.Errorf("%w: commit: %v; then: %v", ErrOutcomeUnknown, err, doubt)
		}
		if !committed {
			return nil, fmt.Errorf("commit: %w", asConnectionLoss(err))
		}
	}
	return answers, nil
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
