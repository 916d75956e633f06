package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// lockWaitSeconds bounds how long a process waits for another one's migrations.
const lockWaitSeconds = 60

// lockName is per database: user locks are shared by the whole server. Hashed, because a lock's name has
// at most 64 characters; with SHA2, because MySQL 9.6 took MD5 and SHA1 out.
const lockName = `CONCAT('flashsale-', LEFT(SHA2(DATABASE(), 256), 40))`

// unlockWait bounds giving the lock back, which must happen also when the caller's time is up.
const unlockWait = 5 * time.Second

// exclusively does work while no other process migrates the database of db (replicas that start together
// with --migrate). The lock is around all of goose, whose own locker leaves a gap: it makes its version
// table before it locks. The server frees the lock when the session ends, so a crash leaves nothing locked.
func exclusively(ctx context.Context, db *sql.DB, work func() error) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+lockName+`, ?)`, lockWaitSeconds).Scan(&got); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	if got.Int64 != 1 {
		return fmt.Errorf("another process has been migrating this database for %d s", lockWaitSeconds)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockWait)
		defer cancel()
		if _, unlockErr := conn.ExecContext(ctx, `DO RELEASE_LOCK(`+lockName+`)`); unlockErr != nil {
			err = errors.Join(err, fmt.Errorf("end the migration lock: %w", unlockErr))
		}
	}()
	return work()
}
