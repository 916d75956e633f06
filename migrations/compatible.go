package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// compatibleFrom is the oldest schema version whose servers can serve this build's schema. A migration that expands (a
// table, an index, a column that is nullable or has a default) leaves it as it is; one that contracts raises it to the
// version that no longer needs what it removes.
const compatibleFrom = 4

// The database carries the mark as the comment of versionTable, where a build that has never heard of the newer
// migrations finds it with the rights it has. It names the schema version it is about: a schema that somebody moved on
// without it is not vouched for.
const markFormat = "flashsale schema %d, for servers from %d"

// mark says in the database which servers its schema is for.
func mark(ctx context.Context, db *sql.DB) error {
	comment := fmt.Sprintf(markFormat, Latest(), compatibleFrom)
	if have, err := readMark(ctx, db); err != nil || have == comment {
		return err
	}
	// DDL takes no parameters. The comment is ours, and it has no quotes.
	if _, err := db.ExecContext(ctx, "ALTER TABLE "+versionTable+" COMMENT '"+comment+"'"); err != nil {
		return fmt.Errorf("mark the schema: %w", err)
	}
	return nil
}

// readMark returns the mark as it stands in the database, empty if there is none.
func readMark(ctx context.Context, db *sql.DB) (comment string, err error) {
	err = db.QueryRowContext(ctx, `SELECT table_comment FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_name = ?`, versionTable).Scan(&comment)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the schema's mark: %w", err)
	}
	return comment, nil
}

// servesOlder tells whether db, at version have, says that servers built for version want can serve it.
func servesOlder(ctx context.Context, db *sql.DB, have, want int64) (bool, error) {
	comment, err := readMark(ctx, db)
	if err != nil {
		return false, err
	}
	var version, from int64
	if n, _ := fmt.Sscanf(comment, markFormat, &version, &from); n != 2 { // no mark, or another's comment
		return false, nil
	}
	return version == have && from <= want, nil
}
