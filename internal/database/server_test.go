package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestPrivateServer(t *testing.T) {
	t.Parallel()
	s := mustOpenPrivate(t, nil)
	ctx := t.Context()

	if s.Source() != SourceChild || s.Child() == nil || s.Version() == "" {
		t.Errorf("source %q, child %v, version %q", s.Source(), s.Child(), s.Version())
	}
	for name, want := range map[string]string{
		"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1", "log_bin": "ON", "binlog_row_image": "FULL",
	} {
		if got := s.Settings()[name]; got != want {
			t.Errorf("setting %s is %q, want %q", name, got, want)
		}
	}

	before := time.Now().UnixMicro()
	now, err := s.Now(ctx)
	if after := time.Now().UnixMicro(); err != nil || now < before-1 || now > after+1 {
		t.Errorf("the clock says %d (%v), between %d and %d here", now, err, before, after)
	}

	t.Run("a database of our own", func(t *testing.T) { testDatabaseLife(t, s) })
	t.Run("accounts", func(t *testing.T) { testAccounts(t, s) })
	t.Run("weak durability", func(t *testing.T) { testWeakDurability(t, s) })
}

func testDatabaseLife(t *testing.T, s *Server) {
	ctx := t.Context()
	if err := s.Create(ctx, "flashsale_a"); err != nil {
		t.Fatal(err)
	}
	db, err := s.DB("flashsale_a")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var zone string
	var at time.Time
	query := "SELECT @@session.time_zone, UTC_TIMESTAMP(6)"
	if err := db.QueryRowContext(ctx, query).Scan(&zone, &at); err != nil || zone != "+00:00" {
		t.Errorf("time zone %q, time %v: %v", zone, at, err)
	}
	if err := s.Create(ctx, "flashsale_a"); !errors.Is(err, ErrExists) {
		t.Errorf("creating it again: %v, want ErrExists", err)
	}

	other, err := Open(ctx, Options{DSN: s.DSN("")})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(ctx)
	if other.Source() != SourceDSN || other.Child() != nil {
		t.Errorf("by DSN: source %q, child %v", other.Source(), other.Child())
	}
	if err := other.Drop(ctx, "flashsale_a"); !errors.Is(err, errNotOurs) {
		t.Errorf("dropping what another made: %v", err)
	}
	if err := s.Drop(ctx, "flashsale_a"); err != nil {
		t.Error(err)
	}
	if err := db.PingContext(ctx); err == nil {
		if _, err := db.ExecContext(ctx, "CREATE TABLE t (id INT)"); err == nil {
			t.Error("the dropped database is still there")
		}
	}
	if err := DropOn(ctx, s.DSN(""), "flashsale_a"); err != nil {
		t.Errorf("dropping what is gone: %v", err)
	}
	for _, name := range []string{"", "a-b", "a`b", "a b", strings.Repeat("x", 65)} {
		if s.Create(ctx, name) == nil {
			t.Errorf("name %q was accepted", name)
		}
	}
}

func testAccounts(t *testing.T, s *Server) {
	for _, login := range []string{"root", "root:wrong", "flashsale:wrong", ""} {
		_, err := Open(t.Context(), Options{DSN: login + "@tcp(" + s.place.config.Addr + ")/"})
		if err == nil || !strings.Contains(err.Error(), "Access denied") {
			t.Errorf("login as %q: %v", login, err)
		}
	}
	var open int
	query := "SELECT COUNT(*) FROM mysql.user WHERE user = '' OR (authentication_string = '' AND user != 'mariadb.sys')"
	if err := s.admin.QueryRowContext(t.Context(), query).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d accounts without name or password (%v)", open, err)
	}
	for _, event := range binlogEvents(t, s) {
		if strings.Contains(event, "USER") {
			t.Errorf("in the binary log: %s", event)
		}
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.Child().Daemon().PID()), "cmdline"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no /proc here")
	}
	if strings.Contains(string(line), s.place.config.Passwd) || err != nil {
		t.Errorf("the password is on the command line (%v)", err)
	}
}

// binlogEvents lists what the first binary log says about every event.
func binlogEvents(t *testing.T, s *Server) []string {
	t.Helper()
	rows, err := s.admin.QueryContext(t.Context(), "SHOW BINLOG EVENTS IN 'binlog.000001'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []string
	for rows.Next() {
		var file, kind, info string
		var position, server, end int64
		if err := rows.Scan(&file, &position, &kind, &server, &end, &info); err != nil {
			t.Fatal(err)
		}
		events = append(events, kind+" "+info)
	}
	if len(events) == 0 || rows.Err() != nil {
		t.Fatalf("no events: %v", rows.Err())
	}
	return events
}

func testWeakDurability(t *testing.T, s *Server) {
	ctx := t.Context()
	exec := func(statement string) {
		t.Helper()
		if _, err := s.admin.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("SET GLOBAL sync_binlog = 0")
	exec("SET GLOBAL binlog_format = STATEMENT")
	exec("SET GLOBAL binlog_row_image = MINIMAL") // hides commits, and loses none
	defer exec("SET GLOBAL sync_binlog = 1")
	defer exec("SET GLOBAL binlog_format = ROW")
	defer exec("SET GLOBAL binlog_row_image = FULL")
	_, err := Open(ctx, Options{DSN: s.DSN("")})
	var weak *WeakDurabilityError
	if !errors.As(err, &weak) || len(weak.Weak) != 2 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"sync_binlog is 0, it must be 1", "binlog_format is STATEMENT, it must not be"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

// A server that may lose commits is to be had on demand alone, and even then not by changing somebody else's.
func TestUnsafeNoFlush(t *testing.T) {
	t.Parallel()
	s := mustOpenPrivate(t, func(o *Options) { o.UnsafeNoFlush = true })
	for name, want := range map[string]string{"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0", "log_bin": "ON"} {
		if got := s.Settings()[name]; got != want {
			t.Errorf("setting %s is %q, want %q", name, got, want)
		}
	}
	var weak *WeakDurabilityError
	if _, err := Open(t.Context(), Options{DSN: s.DSN("")}); !errors.As(err, &weak) {
		t.Errorf("a run may have it: %v", err)
	}
	if _, err := Open(t.Context(), Options{DSN: s.DSN(""), UnsafeNoFlush: true}); err == nil || errors.As(err, &weak) {
		t.Errorf("with a DSN: %v", err)
	}
}

func TestUnusableDSN(t *testing.T) {
	for _, c := range []struct{ name, dsn, want string }{
		{"not a DSN", "mysql://user:secret@host", "--dsn"},
		{"nobody there", "user:secret@tcp(127.0.0.1:1)/", "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{DSN: c.dsn})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	for version, ok := range map[string]bool{
		"8.0.36": true, "8.4.3": true, "9.7.0-1": true, "5.7.44-log": false,
		"10.6.0-MariaDB": true, "10.11.14-MariaDB-0+deb12u2-log": true, "11.4.2-MariaDB": true,
		"10.5.29-MariaDB": false, "postgres": false,
	} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("%s: %v, want ok %t", version, err, ok)
		}
	}
}

func TestOpenCancelled(t *testing.T) {
	dir := t.TempDir()
	for _, after := range []time.Duration{time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		t.Setenv("TMPDIR", dir)
		s, err := Open(ctx, Options{Starter: execStarter{}, Port: testPort})
		cancel()
		if err == nil {
			if err := s.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		left, readErr := os.ReadDir(dir)
		if readErr != nil || len(left) > 0 {
			t.Errorf("cancelled after %s (%v): %v is left (%v)", after, err, left, readErr)
		}
	}
}
