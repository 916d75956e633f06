package road_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/internal/road"
)

func TestCutsAroundARequest(t *testing.T) {
	for name, c := range map[string]struct {
		cut  func(r *road.Road, share float64, seed uint64)
		done int64
	}{"before": {(*road.Road).CutBefore, 1}, "after": {(*road.Road).CutAfter, 2}} {
		t.Run(name, func(t *testing.T) {
			var done atomic.Int64
			r := lay(t, backend(t, func(conn net.Conn) {
				ask := make([]byte, 5)
				for {
					if _, err := io.ReadFull(conn, ask); err != nil {
						return
					}
					done.Add(1)
					if _, err := conn.Write(ask); err != nil {
						return
					}
				}
			}), road.HTTP)
			conn, other := dial(t, r), dial(t, r)
			if _, err := swap(conn, "hello"); err != nil {
				t.Fatal(err)
			}
			c.cut(r, 1, 7)
			if _, err := swap(conn, "again"); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client met %v", err)
			}
			if done.Load() != c.done || r.Cuts() != 1 {
				t.Errorf("%d requests done, %d cuts", done.Load(), r.Cuts())
			}
			r.Mend()
			if _, err := swap(other, "hello"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The seed says which requests are cut, connection by connection.
func TestShareIsDrawnFromTheSeed(t *testing.T) {
	address := backend(t, echo)
	const connections = 400
	fates := func(seed uint64) string {
		r := lay(t, address, road.HTTP)
		r.CutBefore(0.25, seed)
		var fates strings.Builder
		for range connections {
			conn := dial(t, r)
			if _, err := swap(conn, "hello"); err != nil {
				fates.WriteByte('x')
			} else {
				fates.WriteByte('.')
			}
			conn.Close()
		}
		return fates.String()
	}
	first, again, another := fates(1), fates(1), fates(2)
	if first != again || first == another {
		t.Errorf("seed 1 cuts\n%s and\n%s, seed 2\n%s", first, again, another)
	}
	if n := strings.Count(first, "x"); n < connections/8 || n > connections*3/8 {
		t.Errorf("%d of %d were cut, a quarter was asked for", n, connections)
	}
}

// However small the share, the first request is cut: a fault that shows nothing proves nothing.
func TestFirstRequestIsAlwaysCut(t *testing.T) {
	r := lay(t, backend(t, echo), road.HTTP)
	for seed := range uint64(3) {
		r.CutBefore(1e-9, seed)
		if _, err := swap(dial(t, r), "hello"); err == nil {
			t.Errorf("seed %d: the first request was passed on", seed)
		}
		if _, err := swap(dial(t, r), "hello"); err != nil {
			t.Errorf("seed %d: the second request: %v", seed, err)
		}
	}
}

// shop is a table in a real database, and a connection to it that goes by a road.
type shop struct {
	*road.Road
	direct *sql.DB
	conn   *sql.Conn
	t      *testing.T
}

func openShop(t *testing.T) *shop {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MultiStatements, config.Timeout, config.ReadTimeout = true, patience, patience
	config.Logger = &mysql.NopLogger{}
	s := &shop{Road: lay(t, config.Addr, road.MySQL), t: t}
	s.direct = s.pool(config)
	if _, err := s.direct.Exec("CREATE TABLE sales (id INT PRIMARY KEY, note LONGTEXT)"); err != nil {
		t.Fatal(err)
	}
	config.Addr = s.Addr()
	if s.conn, err = s.pool(config).Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	return s
}

func (s *shop) pool(config *mysql.Config) *sql.DB {
	s.t.Helper()
	connector, err := mysql.NewConnector(config)
	if err != nil {
		s.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	s.t.Cleanup(func() { db.Close() })
	return db
}

// exec sends one packet by the road.
func (s *shop) exec(statements string) error {
	_, err := s.conn.ExecContext(s.t.Context(), statements)
	return err
}

func (s *shop) sales() (n int) {
	s.t.Helper()
	if err := s.direct.QueryRow("SELECT COUNT(*) FROM sales").Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A transaction is cut at its COMMIT and nowhere else, whether that comes alone or behind the writes: before, nothing of
// it is in the database; after, all of it is there at once when the client learns that its connection is gone.
func TestCutsAroundACommit(t *testing.T) {
	alone := []string{"START TRANSACTION", "INSERT INTO sales VALUES (1, 'x')", "COMMIT"}
	together := []string{"START TRANSACTION",
		"SET @note = 'x'; INSERT INTO sales VALUES (1, @note); UPDATE sales SET note = 'y'; DO SLEEP(0.05); COMMIT"}
	large := []string{"START TRANSACTION",
		"INSERT INTO sales VALUES (1, '" + strings.Repeat("wide ", 40<<10) + "'); COMMIT"}
	for _, c := range []struct {
		name       string
		statements []string
		cut        func(r *road.Road, share float64, seed uint64)
		rows       int
	}{
		{"before, alone", alone, (*road.Road).CutBefore, 0}, {"after, alone", alone, (*road.Road).CutAfter, 1},
		{"before, together", together, (*road.Road).CutBefore, 0}, {"after, together", together, (*road.Road).CutAfter, 1},
		{"before, large", large, (*road.Road).CutBefore, 0}, {"after, large", large, (*road.Road).CutAfter, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t)
			c.cut(s.Road, 1, 1)
			last := len(c.statements) - 1
			for _, statement := range c.statements[:last] {
				if err := s.exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			if err := s.exec(c.statements[last]); err == nil {
				t.Error("the COMMIT was answered")
			}
			if n := s.sales(); n != c.rows {
				t.Errorf("%d rows, want %d", n, c.rows)
			}
			if s.Cuts() != 1 {
				t.Errorf("%d cuts", s.Cuts())
			}
		})
	}
}

// What is waited for is held until the strike is over, and travels on although its sender is gone.
func TestAmbush(t *testing.T) {
	var arrived atomic.Int64
	arrivals := make(chan struct{}, 100_000)
	r := lay(t, backend(t, func(conn net.Conn) {
		word := make([]byte, 5)
		for {
			if _, err := io.ReadFull(conn, word); err != nil {
				return
			}
			arrived.Add(1)
			arrivals <- struct{}{}
			_, _ = conn.Write(word)
		}
	}), road.MySQL)
	conn := dial(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	struck := make(chan error, 1)
	held := int64(0)
	go func() {
		struck <- r.Ambush(ctx, "sweep", func() {
			conn.Close()
			held = arrived.Load()
		})
	}()
	sent := int64(0)
	for err := error(nil); err == nil; { // nobody can tell from here when the ambush is laid
		sent++
		_, err = swap(conn, "sweep")
	}
	if err := <-struck; err != nil {
		t.Fatal(err)
	}
	if held != sent-1 {
		t.Errorf("%d were sent, and during the strike %d had arrived", sent, held)
	}
	deadline := time.After(patience)
	for range sent {
		select {
		case <-arrivals:
		case <-deadline:
			t.Fatalf("of %d words %d arrived", sent, arrived.Load())
		}
	}
}

func TestAmbushGivesUp(t *testing.T) {
	s := openShop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := s.Ambush(ctx, "INTO sales", func() { t.Error("struck nobody") })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("gave up with %v", err)
	}
	if err := s.exec("INSERT INTO sales VALUES (1, 'x')"); err != nil || s.sales() != 1 {
		t.Errorf("%d rows: %v", s.sales(), err)
	}
}
