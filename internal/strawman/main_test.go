package strawman

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// dbAddr is where the private MariaDB of this test binary listens; databases counts those made in it.
var (
	dbAddr    string
	databases atomic.Int64
)

func TestMain(m *testing.M) {
	code, err := withMariaDB(func() int { return m.Run() })
	if err != nil {
		fmt.Fprintln(os.Stderr, "the strawman's tests need MariaDB's server programs:", err)
		code = 1
	}
	os.Exit(code)
}

// withMariaDB runs f beside a database of its own, and removes every trace of it.
func withMariaDB(f func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "strawman")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data := filepath.Join(dir, "data")
	if out, err := exec.Command("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
		"--skip-test-db", "--user=root", "--datadir="+data).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	dbAddr = fmt.Sprintf("127.0.0.1:%d", port)
	var log bytes.Buffer
	// Durability is not what these tests are about, and waiting for disks would only slow them.
	server := exec.Command("mariadbd", "--no-defaults", "--user=root", "--datadir="+data, "--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", port), "--socket="+filepath.Join(dir, "sock"), "--server-id=1", "--log-bin=bin",
		"--binlog-format=ROW", "--sync-binlog="+durable("1", "0"),
		"--innodb-flush-log-at-trx-commit="+durable("1", "0"), "--max-connections=1000")
	server.Stderr = &log
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	if err := answers(30 * time.Second); err != nil {
		return 0, fmt.Errorf("%w: %s", err, log.String())
	}
	return f(), nil
}

// durable chooses the settings of a real shop when the benchmark asks for them.
func durable(yes, no string) string {
	if os.Getenv("STRAWMAN_DURABLE") != "" {
		return yes
	}
	return no
}

// freePort finds one below the ephemeral range: a client that redials a dead port of that range can connect to itself.
func freePort() (int, error) {
	for port := 20000 + os.Getpid()%10000; port < 32000; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port")
}

func answers(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	db, err := sql.Open("mysql", "root@tcp("+dbAddr+")/")
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		err := db.PingContext(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// newDatabase makes an empty database, its DSN, and a connection pool for the test itself.
func newDatabase(t testing.TB) (string, *sql.DB) {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	admin, err := sql.Open("mysql", "root@tcp("+dbAddr+")/")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	dsn := "root@tcp(" + dbAddr + ")/" + name
	db, err := sql.Open("mysql", dsn+"?parseTime=true&time_zone=%27%2B00:00%27")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return dsn, db
}

// testLog sends the strawman's own log to the test's.
func testLog(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }
