package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"
)

// sessionSettings apply to every session, in one round trip. READ COMMITTED, because under REPEATABLE READ a read
// before the lock would fix the snapshot; strict mode, so that nothing is cut to fit; a short wait_timeout, so
// that a half-open session cannot keep a product locked, and short net time-outs for one that is cut off in the middle
// of a statement or an answer; a short lock wait, so that a batch behind a stuck one is refused within the request
// time-out instead of piling up. Times are UTC throughout.
const sessionSettings = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; " +
	"SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', " +
	"wait_timeout = 10, net_read_timeout = 10, net_write_timeout = 10, " +
	"innodb_lock_wait_timeout = 2, lock_wait_timeout = 2, autocommit = 1"

// connectTimeout bounds all that it takes to open a session, unless the DSN has a time-out of its own. The driver's bounds
// the TCP connection alone, and database/sql opens some sessions under no deadline at all: a database that is frozen
// takes the connection and says nothing.
const connectTimeout = 2 * time.Second

// idleMax keeps idle sessions well below their wait_timeout, so that the pool closes them before the
// database does.
const idleMax = 5 * time.Second

// Open returns a pool of sessions with the settings that the ledger and its reads rely on. It does not
// connect yet. connectionsMax bounds the pool. The DSN is go-sql-driver's; an invalid one is an error.
func Open(dsn string, connectionsMax int, logger *slog.Logger) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	cfg.MultiStatements = true   // a transaction is three round trips, not ten
	cfg.InterpolateParams = true // the driver escapes; one round trip a statement, and any number of values
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.ClientFoundRows = true
	if cfg.Timeout == 0 {
		cfg.Timeout = connectTimeout
	}
	cfg.Logger = quiet{logger}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	db := sql.OpenDB(configured{connector, cfg.Timeout})
	db.SetMaxOpenConns(connectionsMax)
	db.SetMaxIdleConns(connectionsMax)
	db.SetConnMaxIdleTime(idleMax)
	return db, nil
}

// configured is a connector whose sessions have sessionSettings.
type configured struct {
	driver.Connector
	timeout time.Duration
}

// Connect is driver.Connector's.
func (c configured) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, sessionSettings, nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("session settings: %w", err)
	}
	if err := noteStart(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("when the database started: %w", err)
	}
	return conn, nil
}

// quiet takes the driver's remarks on broken connections, which otherwise go to stderr. Each of them is
// also an error that its caller handles.
type quiet struct{ logger *slog.Logger }

func (q quiet) Print(v ...any) { q.logger.Debug("mysql driver", "message", fmt.Sprint(v...)) }
