package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// testDSN is the account on the private server that all tests of this package share.
var testDSN string

func TestMain(m *testing.M) {
	stop, err := startMariaDB()
	if err != nil {
		fmt.Fprintln(os.Stderr, "private MariaDB:", err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// startMariaDB starts a server of its own for these tests. internal/database could, but this package
// imports none of ours.
func startMariaDB() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "migrations-")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	user := []string{"--no-defaults", "--datadir=" + data}
	if os.Geteuid() == 0 {
		user = append(user, "--user=root")
	}
	install := append(user, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	if out, err := exec.Command("mariadb-install-db", install...).CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	port := freePort()
	path, err := exec.LookPath("mariadbd")
	if err != nil {
		path = "/usr/sbin/mariadbd" // Debian's place, which users' PATH does not name
	}
	server := exec.Command(path, append(user, "--socket=socket", "--bind-address=127.0.0.1",
		"--skip-name-resolve", fmt.Sprintf("--port=%d", port))...)
	if err := server.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	stop = func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
		os.RemoveAll(dir)
	}
	testDSN = fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port)
	if err := awaitReady(); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

func freePort() int {
	for port := 13000 + os.Getpid()%2000; ; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
}

func awaitReady() error {
	db, err := sql.Open("mysql", testDSN)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		case <-poll.C:
			if db.PingContext(ctx) == nil {
				return nil
			}
		}
	}
}

// newDatabase makes an empty database for one test, seen through the driver's parameters given.
func newDatabase(t *testing.T, name, parameters string) *sql.DB {
	t.Helper()
	server, err := sql.Open("mysql", testDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := server.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", testDSN+name+parameters)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
