package binlog_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// What changes our rows without row events ends the following, behind the last commit that was whole.
func TestHiddenChanges(t *testing.T) {
	for _, c := range []struct {
		name       string
		statements []string
		why        string
	}{
		{"truncate", []string{"TRUNCATE TABLE mails", "TRUNCATE TABLE orders"}, "TRUNCATE TABLE orders"},
		{"schema change", []string{"ALTER TABLE holds ADD COLUMN color INT"}, "ALTER TABLE holds"},
		{"statement format", []string{"SET SESSION binlog_format = STATEMENT", "UPDATE orders SET qty = 2"}, "UPDATE orders"},
		{"half rows", []string{"SET SESSION binlog_row_image = MINIMAL", "UPDATE orders SET qty = 2 WHERE id = 1"}, "binlog_row_image"},
		{"two phases", []string{"XA START 'x'", "UPDATE orders SET qty = 2", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'"}, "XA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			r := follow(t, s.dsn)
			s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
			r.upToNow(t, s.db)
			s.session(t, c.statements...)
			gap := r.gap(t)
			if !strings.Contains(gap.Why, c.why) || strings.Contains(gap.Why, "\n") || gap.After != r.At() || r.Commits() != 1 {
				t.Errorf("after %d commits, at %s: %v", r.Commits(), r.At(), gap)
			}
			if err := r.Close(); !errors.Is(err, gap) {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// A log that does not go on where the last one ended is a gap, and no reason to begin somewhere else.
func TestLogThatDoesNotJoin(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(t *testing.T, s *shop)
	}{
		{"purged", func(t *testing.T, s *shop) {
			s.exec(t, "FLUSH BINARY LOGS")
			end, err := binlog.End(t.Context(), s.db)
			if err != nil {
				t.Fatal(err)
			}
			s.await(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'", 0)
			s.purge(t, end.Log)
		}},
		{"reset", func(t *testing.T, s *shop) {
			s.await(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'", 0)
			s.exec(t, s.dialect(t, "RESET MASTER", "RESET BINARY LOGS AND GTIDS"))
		}},
		{"another server", func(t *testing.T, s *shop) { s.global(t, "server_id", "77", "1") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			proxy, dsn := through(t, s.dsn)
			r := follow(t, dsn)
			s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
			r.upToNow(t, s.db)
			r.loses(t, func() { proxy.cut(false) })
			s.exec(t, "INSERT INTO orders (qty) VALUES (2)")
			c.trouble(t, s)
			proxy.cut(true)
			if gap := r.gap(t); r.Commits() != 1 || strings.Contains(gap.Why, "\n") {
				t.Errorf("after %d commits: %v", r.Commits(), gap)
			}
		})
	}
}

// A log that was reset and has grown past where we were has our position again, in another file of that name.
func TestResetAndGrown(t *testing.T) {
	s := newShop(t)
	s.exec(t, s.dialect(t, "RESET MASTER", "RESET BINARY LOGS AND GTIDS"))
	proxy, dsn := through(t, s.dsn)
	r := follow(t, dsn)
	at := r.At()
	r.loses(t, func() { proxy.cut(false) })
	before := s.second(t)
	s.await(t, "SELECT UNIX_TIMESTAMP() > "+before, 1) // the server stamps its files with seconds
	s.await(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'", 0)
	s.exec(t, s.dialect(t, "RESET MASTER", "RESET BINARY LOGS AND GTIDS"))
	for end := (binlog.Position{}); end.Offset < at.Offset+1000; {
		var err error
		s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
		if end, err = binlog.End(t.Context(), s.db); err != nil {
			t.Fatal(err)
		}
	}
	proxy.cut(true)
	if gap := r.gap(t); r.Commits() != 0 {
		t.Errorf("after %d commits: %v", r.Commits(), gap)
	}
}

// purge removes the log before a file. The server may need to keep the last one of them for a moment.
func (s *shop) purge(t *testing.T, to string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for left := 2; left > 1; {
		s.exec(t, "PURGE BINARY LOGS TO '"+to+"'")
		rows, err := s.db.QueryContext(ctx, "SHOW BINARY LOGS")
		if err != nil {
			t.Fatal(err)
		}
		for left = 0; rows.Next(); left++ {
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *shop) second(t *testing.T) (second string) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), "SELECT UNIX_TIMESTAMP()").Scan(&second); err != nil {
		t.Fatal(err)
	}
	return second
}

// await asks again and again until the answer is what is wanted.
func (s *shop) await(t *testing.T, query string, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for got := want - 1; got != want; {
		if err := s.db.QueryRowContext(ctx, query).Scan(&got); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
}

// The one who gets the commits can end it; so can the context. Nothing stays behind.
func TestEnds(t *testing.T) {
	s := newShop(t)
	if err := s.db.Close(); err != nil { // its pool has goroutines of its own
		t.Fatal(err)
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	errFull := errors.New("the disk is full")
	ctx, cancel := context.WithCancel(t.Context())
	full, err := binlog.Follow(ctx, binlog.Options{DSN: s.dsn}, func(evidence.Commit) error { return errFull })
	if err != nil {
		t.Fatal(err)
	}
	ended, err := binlog.Follow(ctx, binlog.Options{DSN: s.dsn}, func(evidence.Commit) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, s.dsn)
	if _, err := db.Exec("INSERT INTO orders (qty) VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	await(t, full.Done(), "the error ends it")
	if err := full.Close(); !errors.Is(err, errFull) || full.Commits() != 0 {
		t.Errorf("%d commits, %v", full.Commits(), err)
	}
	cancel()
	await(t, ended.Done(), "the context ends it")
	if err := ended.Err(); err != nil {
		t.Error(err)
	}
}
