// Package migrations is the schema of the checkout: numbered SQL files, embedded, and the few calls that
// move a database between their versions. A server never runs on a schema it was not built for, or that
// does not say of itself that it serves older ones too: Check tells, in words a person can act on, when the
// database is behind or too far ahead.
//
// The same files serve MySQL 8.0+ and MariaDB 10.6+. One statement a file, because DDL commits by itself
// on both: a migration then either happened or did not.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// files holds NNNNN_name.sql, one per version.
//
//go:embed *.sql
var files embed.FS

// versionTable is goose's own record of what was applied, so that its command line tool works too.
const versionTable = "goose_db_version"

// errNoSuchTable is MySQL's ER_NO_SUCH_TABLE: nothing was ever migrated here.
const errNoSuchTable = 1146

// Step is one migration, and whether the database has it.
type Step struct {
	Version   int64
	Name      string // file name, as 00001_products.sql; empty for a version this build does not know
	Applied   bool
	AppliedAt time.Time // UTC, zero unless Applied
}

// Up applies every migration that db lacks and returns those it applied, in order. Several processes may
// call it at once: one works, the others wait and find nothing left to do. A database that is ahead of
// this build is refused with a *WrongVersionError. It takes two of db's connections.
func Up(ctx context.Context, db *sql.DB) (steps []Step, err error) {
	err = exclusively(ctx, db, func() error {
		provider, err := newProvider(ctx, db)
		if err != nil {
			return err
		}
		results, err := provider.Up(ctx)
		if err != nil {
			return fmt.Errorf("migrate up: %w", err)
		}
		for _, result := range results {
			steps = append(steps, stepOf(result.Source, true))
		}
		return mark(ctx, db)
	})
	return steps, err
}

// Down takes back the newest applied migration, and its data with it, and returns it. On an empty schema
// it returns nil and no error. A database that is ahead of this build is refused with a
// *WrongVersionError: the statements that would take it back are not here.
func Down(ctx context.Context, db *sql.DB) (step *Step, err error) {
	err = exclusively(ctx, db, func() error {
		provider, err := newProvider(ctx, db)
		if err != nil {
			return err
		}
		result, err := provider.Down(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("migrate down: %w", err)
		}
		back := stepOf(result.Source, false)
		step = &back
		return nil
	})
	return step, err
}

// Status lists every version known to this build or applied to db, in order. It only reads: an account
// without rights to change the schema may ask.
func Status(ctx context.Context, db *sql.DB) ([]Step, error) {
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	sources, err := listFiles()
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, step := range sources {
		if at, ok := applied[step.Version]; ok {
			step.Applied, step.AppliedAt = true, at
			delete(applied, step.Version)
		}
		steps = append(steps, step)
	}
	for _, version := range slices.Sorted(maps.Keys(applied)) {
		steps = append(steps, Step{Version: version, Applied: true, AppliedAt: applied[version]})
	}
	return steps, nil
}

// Version returns the newest version applied to db, 0 for none. It only reads.
func Version(ctx context.Context, db *sql.DB) (int64, error) {
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return 0, err
	}
	var newest int64
	for version := range applied {
		newest = max(newest, version)
	}
	return newest, nil
}

// Latest returns the version this build needs.
func Latest() int64 {
	steps, err := listFiles()
	if err != nil || len(steps) == 0 {
		return 0 // cannot be: the files are part of the binary, and a test reads them
	}
	return steps[len(steps)-1].Version
}

// Check returns nil if this build can serve db: it has the version this build needs, or a newer one that is
// marked as compatible. It returns a *WrongVersionError if db has another version, and the database's error
// if it cannot be asked.
func Check(ctx context.Context, db *sql.DB) error {
	have, err := Version(ctx, db)
	if err != nil {
		return err
	}
	want := Latest()
	if have == want {
		return nil
	}
	if have > want {
		if ok, err := servesOlder(ctx, db, have, want); ok || err != nil {
			return err
		}
	}
	return &WrongVersionError{Have: have, Want: want}
}

// WrongVersionError says that the database has schema version Have and this build needs Want.
type WrongVersionError struct {
	Have, Want int64
}

// Error tells what to do about it.
func (e *WrongVersionError) Error() string {
	advice := "run `flashsale migrate up`"
	if e.Have > e.Want {
		advice = "upgrade flashsale"
	}
	return fmt.Sprintf("the database has schema version %d, this build needs %d: %s", e.Have, e.Want, advice)
}

func refuseNewer(ctx context.Context, db *sql.DB) error {
	have, err := Version(ctx, db)
	if err != nil {
		return err
	}
	if want := Latest(); have > want {
		return &WrongVersionError{Have: have, Want: want}
	}
	return nil
}

// newProvider is goose over our files, for a database that is not ahead of them.
func newProvider(ctx context.Context, db *sql.DB) (*goose.Provider, error) {
	if err := refuseNewer(ctx, db); err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db, files)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

func stepOf(source *goose.Source, applied bool) Step {
	return Step{Version: source.Version, Name: path.Base(source.Path), Applied: applied}
}

// listFiles returns the embedded migrations in order of version.
func listFiles() ([]Step, error) {
	names, err := fs.Glob(files, "*.sql") // sorted, and the numbers have leading zeros
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	steps := make([]Step, 0, len(names))
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		steps = append(steps, Step{Version: version, Name: name})
	}
	return steps, nil
}

// appliedVersions reads what was applied and when. It does not use goose's own calls, which create the
// version table when they find none.
func appliedVersions(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	rows, err := db.QueryContext(ctx, `SELECT version_id, COALESCE(MAX(UNIX_TIMESTAMP(tstamp)), 0) FROM `+
		versionTable+` WHERE is_applied AND version_id > 0 GROUP BY version_id`)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == errNoSuchTable {
		return map[int64]time.Time{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the schema version: %w", err)
	}
	defer rows.Close()
	applied := map[int64]time.Time{}
	for rows.Next() {
		var version int64
		var seconds float64
		if err := rows.Scan(&version, &seconds); err != nil {
			return nil, fmt.Errorf("read the schema version: %w", err)
		}
		applied[version] = time.Unix(int64(seconds), 0).UTC()
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the schema version: %w", err)
	}
	return applied, nil
}
