package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Sessions are the connections of a server of our own, which can all be taken. Its methods may be called from several
// goroutines.
type Sessions struct {
	server *Server

	mu   sync.Mutex
	pool *sql.DB     // what held comes from; nil: nothing is taken
	held []*sql.Conn // more than the server gives to anybody while they are held
	old  int         // what max_connections was
}

// Sizes and waits of an exhaustion.
const (
	// MariaDB takes no smaller figure for max_connections. Both databases keep one more for whoever administers them;
	// heldConnections takes that too, so that even a knock is refused.
	fewConnections  = 10
	heldConnections = fewConnections + 1

	exhaustWait = 5 * time.Second
	exhaustPoll = 10 * time.Millisecond
)

// Sessions are the server's connections; nil when it came from a DSN: they may be somebody else's.
func (s *Server) Sessions() *Sessions { return s.sessions }

// Exhaust leaves no connection to be had: it takes as many as the server then gives at most, and ends those of the
// servers, who are refused when they dial again. Pools of our own keep the connections that they have. In this order
// nobody can get in between, however often they dial. After an error Release undoes what was done.
func (e *Sessions) Exhaust(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool != nil {
		return errors.New("exhaust the database's connections: they are exhausted")
	}
	ctx, cancel := context.WithTimeout(ctx, exhaustWait)
	defer cancel()
	err := e.take(ctx)
	if err == nil {
		err = e.evict(ctx)
	}
	if err != nil {
		return fmt.Errorf("exhaust the database's connections: %w", err)
	}
	return nil
}

// take makes connections until no more than we hold may exist.
func (e *Sessions) take(ctx context.Context) (err error) {
	if e.pool, err = e.server.open(""); err != nil {
		return err
	}
	for range heldConnections {
		conn, err := e.pool.Conn(ctx)
		if err != nil {
			return err
		}
		e.held = append(e.held, conn)
	}
	if err := e.held[0].QueryRowContext(ctx, "SELECT @@GLOBAL.max_connections").Scan(&e.old); err != nil {
		return err
	}
	return setMaxConnections(ctx, e.held[0], fewConnections)
}

// evict ends the servers' sessions, and returns when they are gone: one that is ended still counts until it has
// noticed.
func (e *Sessions) evict(ctx context.Context) error {
	poll := time.NewTicker(exhaustPoll)
	defer poll.Stop()
	for {
		ids, err := e.server.guests(ctx, e.held[0])
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := endSession(ctx, e.held[0], id); err != nil {
				return err
			}
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("%d sessions of the servers are left: %w", len(ids), ctx.Err())
		}
	}
}

// Release gives the connections back. A server that was started again meanwhile has forgotten its limit; setting it
// once more does no harm.
func (e *Sessions) Release(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, exhaustWait)
	defer cancel()
	var err error
	if e.old != 0 {
		if err = setMaxConnections(ctx, e.held[0], e.old); err != nil {
			err = setMaxConnections(ctx, e.server.admin, e.old) // ours was cut, for whatever reason
		}
	}
	if err != nil {
		return fmt.Errorf("release the database's connections: %w", err) // held on to, for another try
	}
	for _, conn := range e.held {
		_ = conn.Close()
	}
	err = e.pool.Close()
	e.pool, e.held, e.old = nil, nil, 0
	return err
}

// Refused is how many connections the server says that it has refused because there were too many, since its start.
func (e *Sessions) Refused(ctx context.Context) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var from queryer = e.server.admin
	if len(e.held) > 0 {
		from = e.held[0] // a pool may dial, and be counted
	}
	var name string
	var refused int64
	err := from.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'").Scan(&name, &refused)
	if err != nil {
		return 0, fmt.Errorf("count refused connections: %w", err)
	}
	return refused, nil
}

// queryer is a pool, or one connection of it.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func setMaxConnections(ctx context.Context, on queryer, n int) error {
	_, err := on.ExecContext(ctx, fmt.Sprintf("SET GLOBAL max_connections = %d", n))
	return err
}

// mysqlErrNoSuchThread is what ending a session gives that has just ended.
const mysqlErrNoSuchThread = 1094

func endSession(ctx context.Context, on queryer, id int64) error {
	_, err := on.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == mysqlErrNoSuchThread {
		return nil
	}
	return err
}
