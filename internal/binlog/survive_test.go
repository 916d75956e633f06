package binlog_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
	"flashsale/internal/lab/labtest"
)

// Whatever happens to the server, every commit is handed out once, and together they make the tables.
func TestSurvivesTheServer(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(t *testing.T, s *shop, r *record)
	}{
		{"killed", func(t *testing.T, s *shop, r *record) {
			r.loses(t, func() { kill(t) })
			do(t, host(t).Database().Victim().Start)
		}},
		{"killed in the middle of an event", func(t *testing.T, s *shop, r *record) {
			end, err := binlog.End(t.Context(), s.db)
			if err != nil {
				t.Fatal(err)
			}
			base := s.variable(t, "log_bin_basename")
			r.loses(t, func() { kill(t) })
			tear(t, base[:len(base)-len("binlog")]+end.Log)
			do(t, host(t).Database().Victim().Start)
		}},
		{"stopped", func(t *testing.T, s *shop, r *record) {
			r.loses(t, func() { do(t, host(t).Database().Victim().Pause) })
			do(t, host(t).Database().Victim().Resume)
		}},
		{"restarted", func(t *testing.T, s *shop, r *record) { do(t, host(t).Database().Child().Restart) }},
		{"begins another file", func(t *testing.T, s *shop, r *record) { s.exec(t, "FLUSH BINARY LOGS") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			r := follow(t, s.dsn)
			l := s.load(t)
			for range 2 {
				l.reach(t, 50)
				c.trouble(t, s, r)
			}
			l.reach(t, 50)
			l.end()
			s.matches(t, r.upToNow(t, s.db))
		})
	}
}

// host is the shared server.
func host(t *testing.T) *labtest.Lab {
	t.Helper()
	shared, err := labs.Database()
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

// do does something to the server.
func do(t *testing.T, what func(context.Context) error) {
	t.Helper()
	if err := what(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// kill returns when the server is gone, and writes no more.
func kill(t *testing.T) {
	t.Helper()
	do(t, func(ctx context.Context) error { _, err := host(t).Database().Victim().Kill(ctx); return err })
}

// tear adds the beginning of an event to a file of the log: what a server leaves that dies while it writes.
func tear(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header := make([]byte, 19)
	header[4], header[9] = 19, 200 // a table map of 200 bytes, of which 19 are there
	if _, err := f.Write(header); err != nil {
		t.Fatal(err)
	}
}

// Connections that break wherever they are, again and again.
func TestSurvivesCuts(t *testing.T) {
	s := newShop(t)
	proxy, dsn := through(t, s.dsn)
	r := follow(t, dsn)
	l := s.load(t)
	for range 20 {
		l.reach(t, 20)
		proxy.cut(true)
	}
	l.end()
	s.matches(t, r.upToNow(t, s.db))
}

// A dump that is asked for, and whose answer never comes: no error, no byte, just silence.
func TestNoticesSilence(t *testing.T) {
	s := newShop(t)
	proxy, cutDSN := through(t, s.dsn)
	knife, err := labtest.NewKnife(proxy.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { knife.Close() })
	r := follow(t, strings.Replace(cutDSN, proxy.listener.Addr().String(), knife.Addr(), 1))
	t.Cleanup(func() { r.Close() })
	knife.Cut("binlog.0", labtest.After, nil)
	proxy.cut(true)
	s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
	if n := len(r.upToNow(t, s.db)); n != 1 || knife.Cuts() != 1 {
		t.Errorf("%d commits after %d cuts", n, knife.Cuts())
	}
}

// While the one who gets the commits is busy the log waits, and nothing is lost.
func TestBackPressure(t *testing.T) {
	s := newShop(t)
	var got []evidence.Commit
	busy, first := make(chan struct{}), make(chan struct{})
	f, err := binlog.Follow(t.Context(), binlog.Options{DSN: s.dsn}, func(c evidence.Commit) error {
		if len(got) == 0 {
			close(first)
			<-busy
		}
		got = append(got, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := s.load(t)
	await(t, first, "the first commit")
	l.reach(t, 500)
	l.end()
	if n := f.Commits(); n != 0 {
		t.Fatalf("%d commits were handed out meanwhile", n)
	}
	end, err := binlog.End(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	close(busy)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := f.Await(ctx, end); err != nil {
		t.Fatal(err)
	}
	s.matches(t, got)
}

// Waiting for what does not come ends in time, and says what is in the way.
func TestAwaitGivesUp(t *testing.T) {
	s := newShop(t)
	proxy, dsn := through(t, s.dsn)
	r := follow(t, dsn)
	r.loses(t, func() { proxy.cut(false) })
	s.exec(t, "INSERT INTO orders (qty) VALUES (1)")
	end, err := binlog.End(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.Await(ctx, end); err == nil || r.Err() != nil {
		t.Errorf("got %v, and %v for the following", err, r.Err())
	}
	if err := r.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
