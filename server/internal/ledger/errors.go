package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"
)

// MySQL and MariaDB error numbers after which the same transaction may succeed when it is run again.
var retryableNumbers = map[uint16]string{
	1205: "lock wait timeout",
	1213: "deadlock",
	1062: "duplicate key", // somebody else used the key first: reload and decide again
	1040: "too many connections",
	1203: "too many connections",
	1226: "too many connections",
	1053: "server shutdown",
	1077: "server shutdown",
	1317: "interrupted",
	1927: "connection killed",
	1290: "read only",
	1836: "read only",
	1792: "read only",
	1180: "error during commit",
	1026: "error during commit", // the binlog cannot be written
	1598: "error during commit",
	1021: "disk full",
	3:    "disk full", // a temporary or binary log file cannot be written
	20:   "disk full",
	1030: "storage engine", // which says no more: out of space, or of memory
	1114: "table full",
	1158: "network", 1159: "network", 1160: "network", 1161: "network",
	4031: "disconnected for inactivity",
	1637: "too many transactions",
}

const numberLockTimeout, numberDeadlock, numberDuplicateKey = 1205, 1213, 1062

// Reasons to run a transaction again that no error number stands for.
const (
	reasonInDoubt      = "commit in doubt"
	reasonNoConnection = "no connection"
	reasonDeadline     = "deadline"
	reasonLost         = "connection lost"
)

// Reasons returns everything that an Observer can be told as the reason for a retry, in order.
func Reasons() []string {
	all := append(slices.Collect(maps.Values(retryableNumbers)),
		reasonInDoubt, reasonNoConnection, reasonDeadline, reasonLost)
	slices.Sort(all)
	return slices.Compact(all)
}

// errConnect marks errors of a session that could not be opened. They are nobody's command's fault, whatever
// the database says (access denied, host blocked), and nothing was sent.
var errConnect = errors.New("connect")

// classify says why an error is worth another try, if it is. Errors of the connection always are.
func classify(err error) (reason string, retryable bool) {
	if errors.Is(err, ErrOutcomeUnknown) {
		return "outcome unknown", false
	}
	if errors.Is(err, errConnect) && !errors.Is(err, context.DeadlineExceeded) {
		return reasonNoConnection, true
	}
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		reason, retryable = retryableNumbers[refused.Number]
		return reason, retryable
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return reasonDeadline, true
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return reasonLost, true
	}
	return "", false
}

// isRolledBack tells whether an error of a statement, COMMIT or other, leaves no doubt: the transaction is not in the
// database, or will not be once it is rolled back. These come from a statement that lost against another transaction.
func isRolledBack(err error) bool {
	var refused *mysql.MySQLError
	return errors.As(err, &refused) && (refused.Number == numberLockTimeout || refused.Number == numberDeadlock ||
		refused.Number == numberDuplicateKey)
}

func isDuplicateKey(err error) bool {
	var refused *mysql.MySQLError
	return errors.As(err, &refused) && refused.Number == numberDuplicateKey
}

// IsPassing tells whether an error of the database may be gone when it is asked again: it is away, or busy.
func IsPassing(err error) bool {
	_, retryable := classify(err)
	return retryable && !isDuplicateKey(err)
}
