package strawman

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	// sessions is how many requests are at the database at once. Every transaction waits for the same few hot rows, so
	// more sessions only make the lock queue longer, and InnoDB searches that queue for deadlocks at every wait.
	sessions = 24
	// spareSessions are for the sweep, the clock and the readiness probe: no storm of requests starves them.
	spareSessions = 4

	dialTimeout = 5 * time.Second
)

// open makes the connection pool. Statement waits are bounded three times over: by the lock wait time-out, which leaves
// the connection usable and so should come first; by the request's context; and by the socket's deadline.
func open(c Config) (*sql.DB, error) {
	dsn, err := mysql.ParseDSN(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("the DSN: %w", err)
	}
	dsn.ParseTime, dsn.Loc = true, time.UTC
	dsn.Timeout = dialTimeout
	dsn.ReadTimeout = c.RequestTimeout + dialTimeout
	dsn.WriteTimeout = c.RequestTimeout + dialTimeout
	dsn.Logger = driverLog{c.Logger}
	if dsn.Params == nil {
		dsn.Params = map[string]string{}
	}
	dsn.Params["innodb_lock_wait_timeout"] = fmt.Sprint(max(1, int(c.RequestTimeout.Seconds()/2)))
	connector, err := mysql.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("the DSN: %w", err)
	}
	db := sql.OpenDB(readCommitted{connector})
	db.SetMaxOpenConns(sessions + spareSessions)
	db.SetMaxIdleConns(sessions + spareSessions)
	return db, nil
}

// readCommitted sets the isolation level once per connection. MySQL and MariaDB have different names for the variable,
// so that no DSN parameter suits both, and asking for it in BeginTx costs a round trip every time.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot execute statements"), conn.Close())
	}
	if _, err := execer.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("setting the isolation level: %w", err), conn.Close())
	}
	return conn, nil
}

// driverLog turns the driver's remarks about broken connections into log lines.
type driverLog struct{ *slog.Logger }

func (l driverLog) Print(v ...any) { l.Debug("mysql driver", "message", fmt.Sprint(v...)) }

// What a failed transaction means to the one who asked for it.
var (
	errDuplicate = errors.New("the key is already there")          // rolled back; the key's row tells the answer
	errBusy      = errors.New("the database is busy or away")      // rolled back; the same again may succeed
	errUnknown   = errors.New("the commit was sent, not answered") // it may have taken effect
)

// MySQL's error numbers that have a meaning of their own here.
const (
	mysqlErrorWritingFile   = 3
	mysqlDiskFull           = 1021
	mysqlErrorOnWrite       = 1026
	mysqlTableFull          = 1114
	mysqlTooManyConnections = 1040
	mysqlServerShutdown     = 1053
	mysqlDuplicateEntry     = 1062
	mysqlLockWaitTimeout    = 1205
	mysqlDeadlock           = 1213
	mysqlInterrupted        = 1317
	mariadbConnectionKilled = 1927
)

// classify says which of the above an error BEFORE the commit is. An error that the server did not send is trouble with
// the connection or a deadline that passed: nothing was committed.
func classify(err error) error {
	if err == nil || errors.Is(err, errBusy) || errors.Is(err, errDuplicate) {
		return err
	}
	var sent *mysql.MySQLError
	if !errors.As(err, &sent) {
		return fmt.Errorf("%w: %w", errBusy, err)
	}
	switch sent.Number {
	case mysqlDuplicateEntry:
		return fmt.Errorf("%w: %w", errDuplicate, err)
	case mysqlLockWaitTimeout, mysqlDeadlock, mysqlTooManyConnections, mysqlServerShutdown, mysqlInterrupted,
		mariadbConnectionKilled, mysqlDiskFull, mysqlTableFull, mysqlErrorOnWrite, mysqlErrorWritingFile:
		return fmt.Errorf("%w: %w", errBusy, err)
	}
	return err
}
