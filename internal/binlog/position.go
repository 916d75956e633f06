package binlog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Position is a place between two transactions of a server's binlog. The zero Position is none.
type Position struct {
	Log    string // a file of the binlog, as binlog.000017
	Offset int64  // bytes from its beginning
}

// Before says whether p comes earlier than q in the log of one server.
func (p Position) Before(q Position) bool {
	return cmp.Or(compareLogs(p.Log, q.Log), cmp.Compare(p.Offset, q.Offset)) < 0
}

func (p Position) String() string { return fmt.Sprintf("%s:%d", p.Log, p.Offset) }

// compareLogs orders the files of one binlog. Their numbers have six digits, and more when those are used up.
func compareLogs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// End asks a server where its binlog ends now. Whatever was committed before the call, as its client knows
// from the answer, lies before that position.
func End(ctx context.Context, db *sql.DB) (Position, error) {
	status, err := readStatus(ctx, db)
	return status.end, err
}

// status is what a server tells about its binlog.
type status struct {
	end             Position
	only, leavesOut string // comma-separated schemas: those alone that are logged, and those that are not
}

const (
	errnoSyntax       = 1064
	errnoNeedsGrant   = 1227
	errnoAccessDenied = 1045
)

// readStatus asks as MariaDB and MySQL up to 8.3 understand it, then as MySQL from 8.4 does.
func readStatus(ctx context.Context, db *sql.DB) (status, error) {
	found, err := readStatusAs(ctx, db, "SHOW MASTER STATUS")
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == errnoSyntax {
		found, err = readStatusAs(ctx, db, "SHOW BINARY LOG STATUS")
	}
	if err != nil {
		return status{}, fmt.Errorf("ask where the binlog ends: %w", err)
	}
	return found, nil
}

// readStatusAs reads the first four columns; MySQL adds a fifth.
func readStatusAs(ctx context.Context, db *sql.DB, query string) (found status, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return status{}, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return status{}, err
	}
	if !rows.Next() {
		return status{}, errors.Join(errors.New("this server keeps no binlog"), rows.Err())
	}
	into := []any{&found.end.Log, &found.end.Offset, &found.only, &found.leavesOut}
	for len(into) < len(columns) {
		into = append(into, new(sql.RawBytes))
	}
	return found, rows.Scan(into...)
}
