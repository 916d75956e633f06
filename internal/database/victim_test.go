package database

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Child and container go through the same: killed, started again, paused.
func TestVictim(t *testing.T) {
	t.Parallel()
	died := make(chan error, 1)
	testVictim(t, mustOpenPrivate(t, func(o *Options) { o.Died = func(err error) { died <- err } }), "signal: killed")
	select {
	case err := <-died:
		t.Errorf("a death that was ordered was reported: %v", err)
	default:
	}
}

// testVictim leaves the server paused: it must be closed nevertheless.
func testVictim(t *testing.T, s *Server, end string) {
	t.Helper()
	ctx, victim := t.Context(), s.Victim()
	db := testTable(t, s, s.DSN)
	for range 150 { // more than max_connect_errors: it must not take us for an attacker and refuse us from then on
		if err := victim.Knock(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := victim.Start(ctx); err == nil {
		t.Error("it was started twice")
	}
	for range 2 {
		got, err := victim.Kill(ctx)
		if err != nil || got != end {
			t.Fatalf("killed: %q, %v", got, err)
		}
		if again, err := victim.Kill(ctx); err != nil || again != end {
			t.Errorf("killed again: %q, %v", again, err)
		}
		if err := victim.Knock(ctx); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("knocking at the dead: %v", err)
		}
		if _, _, err := victim.State(ctx); err == nil {
			t.Error("the dead have a state")
		}
		if err := victim.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO t VALUES ()"); err != nil {
			t.Errorf("after the restart: %v", err)
		}
	}
	if err := victim.Pause(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is stopped", func() bool {
		state, stopped, err := victim.State(ctx)
		return err == nil && stopped && state == "T (stopped)"
	})
	hasty, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := victim.Knock(hasty); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("knocking at the sleeping: %v", err)
	}
	if err := victim.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	if _, stopped, err := victim.State(ctx); err != nil || stopped {
		t.Errorf("resumed, and stopped %t: %v", stopped, err)
	}
	var rows int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM t").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows: %v", rows, err)
	}
	if err := victim.Pause(ctx); err != nil {
		t.Fatal(err)
	}
}

// testTable makes database flashsale_v with table t, and returns a pool on it.
func testTable(t *testing.T, s *Server, dsn func(name string) string) *sql.DB {
	t.Helper()
	if err := s.Create(t.Context(), "flashsale_v"); err != nil {
		t.Fatal(err)
	}
	db := pool(t, dsn("flashsale_v"))
	create := "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, filling VARBINARY(60000) NOT NULL DEFAULT '')"
	if _, err := db.ExecContext(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestKnockAtStrangers(t *testing.T) {
	for name, says := range map[string]string{
		"an HTTP server": "HTTP/1.1 400 Bad Request\r\n\r\n", "a short packet": "\x05\x00\x00\x00ab", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				if conn, err := listener.Accept(); err == nil {
					_, _ = conn.Write([]byte(says))
					conn.Close()
				}
			}()
			if err := knock(t.Context(), listener.Addr().String()); err == nil {
				t.Error("it passed for a database")
			}
		})
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	testSessions(t, mustOpenPrivate(t, nil))
}

// testSessions has the servers' account dial all the time, as servers do.
func testSessions(t *testing.T, s *Server) {
	t.Helper()
	ctx := t.Context()
	ours := testTable(t, s, s.DSN)
	guests := pool(t, s.GuestDSN("flashsale_v"))
	guests.SetMaxIdleConns(20)
	var succeeded, refused atomic.Int64
	stop := make(chan struct{})
	var dialling sync.WaitGroup
	for range 20 {
		dialling.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, err := guests.ExecContext(ctx, "INSERT INTO t VALUES ()")
				if err == nil {
					succeeded.Add(1)
				} else if tooMany(err) {
					refused.Add(1)
				}
			}
		})
	}
	defer dialling.Wait()
	defer close(stop)
	sessions, victim := s.Sessions(), s.Victim()
	for range 2 {
		before := succeeded.Load()
		eventually(t, "they insert", func() bool { return succeeded.Load() > before+100 })
		if err := sessions.Exhaust(ctx); err != nil {
			t.Fatal(err)
		}
		if err := sessions.Exhaust(ctx); err == nil {
			t.Error("exhausted twice")
		}
		met, counted := refused.Load(), mustCount(t, sessions)
		quiet := succeeded.Load()
		eventually(t, "they are refused", func() bool { return refused.Load() > met+20 })
		if got := succeeded.Load(); got > quiet+20 { // an answer each may still have been on its way
			t.Errorf("%d inserts while there was no connection to be had", got-quiet)
		}
		if err := victim.Knock(ctx); !tooMany(err) {
			t.Errorf("knocking: %v", err)
		}
		if now := mustCount(t, sessions); now <= counted {
			t.Errorf("refused %d, then %d", counted, now)
		}
		if _, err := ours.ExecContext(ctx, "SELECT 1"); err != nil {
			t.Errorf("our own pool: %v", err)
		}
		if _, err := s.Now(ctx); err != nil {
			t.Errorf("the clock: %v", err)
		}
		if err := sessions.Release(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := victim.Knock(ctx); err != nil {
		t.Error(err)
	}
	if err := sessions.Release(ctx); err != nil {
		t.Errorf("released twice: %v", err)
	}
	var limit string
	if err := s.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.max_connections").Scan(&limit); err != nil || limit != maxConnections {
		t.Errorf("max_connections is %s: %v", limit, err)
	}
}

// pool connects to a database, and does not complain on standard error of what the tests do to it.
func pool(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func tooMany(err error) bool {
	var refused *mysql.MySQLError
	return errors.As(err, &refused) && refused.Number == 1040 && strings.Contains(err.Error(), "Too many connections")
}

func mustCount(t *testing.T, sessions *Sessions) int64 {
	t.Helper()
	n, err := sessions.Refused(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A crash takes the connections that were held, and the small limit with them.
func TestReleaseAfterACrash(t *testing.T) {
	t.Parallel()
	s := mustOpenPrivate(t, nil)
	ctx := t.Context()
	if err := s.Sessions().Exhaust(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Victim().Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Victim().Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Sessions().Release(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Sessions().Exhaust(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Sessions().Release(ctx); err != nil {
		t.Error(err)
	}
}

// The servers' account can do in its database what a server does, and nothing elsewhere.
func TestGuest(t *testing.T) {
	t.Parallel()
	s := mustOpenPrivate(t, nil)
	ctx := t.Context()
	for _, name := range []string{"flashsale_v", "flashsaleXv"} {
		if err := s.Create(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	guests := pool(t, s.GuestDSN("flashsale_v"))
	for statement, allowed := range map[string]bool{
		"CREATE TABLE a (id INT)": true, "DROP TABLE IF EXISTS flashsaleXv.a": true,
		"SELECT * FROM mysql.user": false, "SET GLOBAL max_connections = 10": false,
	} {
		if _, err := guests.ExecContext(ctx, statement); (err == nil) != allowed {
			t.Errorf("%s: %v", statement, err)
		}
	}
	other, err := Open(ctx, Options{DSN: s.DSN("")})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(ctx)
	if other.Victim() != nil || other.Sessions() != nil || other.Disk() != nil {
		t.Error("somebody else's server can be harmed")
	}
	if dsn := other.GuestDSN("a"); dsn != other.DSN("a") {
		t.Errorf("it has an account of its own on somebody else's server: %s", dsn)
	}
	for _, event := range binlogEvents(t, s) {
		if strings.Contains(event, s.guestPassword) {
			t.Errorf("in the binary log: %s", event)
		}
	}
}
