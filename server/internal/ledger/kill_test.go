package ledger

import (
	"context"
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// The number of a lost session may have become somebody else's. Only our own sessions are ended.
func TestOnlyOurOwnSessionsAreEnded(t *testing.T) {
	b := newBench(t, "", nil)
	dsn, _ := testDatabase(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	inDatabase := cfg.DBName
	for database, ended := range map[string]bool{inDatabase: true, "": false, "mysql": false} {
		cfg.DBName = database
		pool, err := sql.Open("mysql", cfg.FormatDSN())
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		other, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		b.end(connectionID(t, other))
		if err := other.PingContext(t.Context()); (err != nil) != ended {
			t.Errorf("a session in database %q: %v", database, err)
		}
	}
}

// A session that is at work may be writing the binary log: to end it there would tear that.
func TestASessionAtWorkIsNotEnded(t *testing.T) {
	b := newBench(t, "", nil)
	other, err := b.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	id := connectionID(t, other)
	product := b.product(1)
	release := b.lock(product)
	worked := make(chan error, 1)
	go func() {
		_, err := other.ExecContext(t.Context(), "SELECT id FROM products WHERE id = ? FOR UPDATE", product)
		worked <- err
	}()
	eventually(t, "it is at work", func() bool {
		return b.number("SELECT COUNT(*) FROM information_schema.processlist WHERE id = ? AND command = 'Query'", id) == 1
	})
	b.end(id)
	release()
	if err := <-worked; err != nil {
		t.Errorf("it was ended: %v", err)
	}
}

func connectionID(t *testing.T, conn *sql.Conn) (id int64) {
	t.Helper()
	if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bench) end(connectionID int64) {
	b.t.Helper()
	conn, err := b.DB.Conn(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	if err := endSession(b.t.Context(), conn, session{connectionID: connectionID}); err != nil {
		b.t.Error(err)
	}
}
