package migrations

import (
	"context"
	"database/sql"
	"fmt"
)

// lockWaitSeconds bounds how long a process waits for another one's migrations.
const lockWaitSeconds = 60

// lockName is per database: user locks are shared by the whole server. Hashed, because a lock's name has
// at most 64 characters; with SHA2, because MySQL 9.6 took MD5 and SHA1 out.
const lockName = `CONCAT('flashsale-', LEFT(SHA2(DATABASE(), 256), 40))`

// namedLock keeps two processes from migrating one database at the same time (replicas that start
// together with --migrate). The server frees it when the session ends, so a crash leaves nothing locked.
type namedLock struct{}

// SessionLock takes the lock or says that somebody else kept it too long.
func (namedLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	var got sql.NullInt64
	query := fmt.Sprintf(`SELECT GET_LOCK(%s, %d)`, lockName, lockWaitSeconds)
	if err := conn.QueryRowContext(ctx, query).Scan(&got); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	if got.Int64 != 1 {
		return fmt.Errorf("another process has been migrating this database for %d s", lockWaitSeconds)
	}
	return nil
}

// SessionUnlock gives the lock back.
func (namedLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, `DO RELEASE_LOCK(`+lockName+`)`); err != nil {
		return fmt.Errorf("end the migration lock: %w", err)
	}
	return nil
}
