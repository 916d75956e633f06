package strawman

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// attemptsMax bounds how often one request's transaction is run when it deadlocks or waits too long for a lock.
	attemptsMax = 4

	// answerLead is how long before its commit an answer leaves without the guard commit-before-answer.
	answerLead = 20 * time.Millisecond
	// oneIn is how rarely the guards commit-checked and one-row-per-request are needed.
	oneIn = 100
)

// shop runs the checkout's transactions. Its state is the database's; what it holds itself serves removed guards.
type shop struct {
	db       *sql.DB
	st       *statements
	reserved reservations
	guards   guards
	ttl      time.Duration
	log      *slog.Logger

	trailing sync.WaitGroup // commits that come after their answers (commit-before-answer removed)
	writes   atomic.Int64   // acknowledged writes (commit-checked removed)
	roomy    atomic.Int64   // holds that left room for another (one-row-per-request removed)
	shelf    shelf          // availabilities read lately (fresh-reads removed)
}

// newShop prepares the statements, which needs the schema.
func newShop(ctx context.Context, db *sql.DB, c Config) (*shop, error) {
	g, err := c.design()
	if err != nil {
		return nil, err
	}
	r := newReservations(c.CounterColumn)
	st, err := prepare(ctx, db, g, r)
	if err != nil {
		return nil, err
	}
	return &shop{db: db, st: st, reserved: r, guards: g, ttl: c.HoldTTL, log: c.Logger}, nil
}

// txn is a transaction under way.
type txn struct {
	ctx context.Context
	*sql.Tx
}

func (t *txn) row(stmt *sql.Stmt, args ...any) *sql.Row {
	return t.StmtContext(t.ctx, stmt).QueryRowContext(t.ctx, args...)
}

func (t *txn) exec(stmt *sql.Stmt, args ...any) (sql.Result, error) {
	return t.StmtContext(t.ctx, stmt).ExecContext(t.ctx, args...)
}

// work is what one transaction does: it locks, reads the time, decides and writes. A refusal is an answer, not an
// error, and what it wrote (the mark on a lapsed hold) is committed.
type work func(*txn) (answer, error)

// transact runs w until it commits or cannot. Its errors are errDuplicate, errBusy (neither left a trace), errUnknown,
// or the database's own.
func (s *shop) transact(ctx context.Context, w work) (answer, error) {
	for attempt := 1; ; attempt++ {
		a, err := s.attempt(ctx, w)
		if !errors.Is(err, errBusy) || attempt == attemptsMax || ctx.Err() != nil {
			return a, err
		}
	}
}

// attempt runs w once. The transaction does not hang on ctx, only its statements do: a COMMIT must not be abandoned
// because a deadline passes while it is on its way.
func (s *shop) attempt(ctx context.Context, w work) (answer, error) {
	t, err := s.begin(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := w(t)
	if err != nil {
		t.abandon()
		return answer{}, classify(err)
	}
	return a, s.commit(t, a)
}

func (s *shop) begin(ctx context.Context) (*txn, error) {
	tx, err := s.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, classify(fmt.Errorf("beginning: %w", err))
	}
	return &txn{ctx: ctx, Tx: tx}, nil
}

// abandon rolls back, which every error calls for: after a lock wait time-out the transaction is still open with half
// of its work done. If even that fails the connection is gone, and the database rolls back by itself.
func (t *txn) abandon() { _ = t.Rollback() }

// commit makes the answer true, and comes before it.
func (s *shop) commit(t *txn, a answer) error {
	acknowledged := a.status/100 == 2
	if !s.guards.commitChecked && acknowledged && s.writes.Add(1)%oneIn == 0 {
		t.abandon()
		return nil
	}
	if !s.guards.commitBeforeAnswer && acknowledged {
		s.trailing.Go(func() {
			<-time.After(answerLead)
			if err := t.Commit(); err != nil {
				s.log.Warn("a commit after its answer failed", "error", err)
			}
		})
		return nil
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("%w: %w", errUnknown, err)
	}
	return nil
}

// query runs a statement that needs no transaction and reads one row.
func query(ctx context.Context, stmt *sql.Stmt, args []any, into ...any) (found bool, err error) {
	switch err := stmt.QueryRowContext(ctx, args...).Scan(into...); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, classify(err)
	}
	return true, nil
}
