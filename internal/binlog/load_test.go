package binlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flashsale/internal/evidence"
)

// load is a few clients that write until they are told to stop. Errors do not stop them: a server that dies
// under them is what they are for.
type load struct {
	stop    context.CancelFunc
	clients sync.WaitGroup
	commits atomic.Int64 // known to have succeeded

	committed chan struct{} // told now and then
}

const clients = 4

func (s *shop) load(t *testing.T) *load {
	t.Helper()
	s.exec(t, "INSERT INTO products (id, price, stock_total) VALUES (1, 1, 1000000), (2, 2, 1000000)")
	ctx, stop := context.WithCancel(context.Background())
	l := &load{stop: stop, committed: make(chan struct{}, 1)}
	t.Cleanup(l.end)
	for i := range clients {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		l.clients.Go(func() {
			for ctx.Err() == nil {
				if s.write(ctx, random) != nil {
					continue
				}
				l.commits.Add(1)
				select {
				case l.committed <- struct{}{}:
				default:
				}
			}
		})
	}
	return l
}

func (l *load) end() {
	l.stop()
	l.clients.Wait()
}

// reach waits until so many more commits are known to have succeeded.
func (l *load) reach(t *testing.T, more int64) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for goal := l.commits.Load() + more; l.commits.Load() < goal; {
		select {
		case <-l.committed:
		case <-deadline.C:
			t.Fatalf("not within %s: %d commits more", patience, more)
		}
	}
}

// write makes one random transaction of several rows, which may be rolled back.
func (s *shop) write(ctx context.Context, random *rand.Rand) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it has nothing to do
	product := 1 + random.IntN(2)
	statements := []string{
		fmt.Sprintf("UPDATE products SET stock_held = stock_held + 1 WHERE id = %d", product),
		fmt.Sprintf("INSERT INTO holds (product_id, qty, status) VALUES (%d, 1, 'active'), (%[1]d, 2, 'used')", product),
		fmt.Sprintf("UPDATE holds SET status = 'used' WHERE product_id = %d ORDER BY id LIMIT %d", product, random.IntN(4)),
		fmt.Sprintf("DELETE FROM holds WHERE product_id = %d ORDER BY id DESC LIMIT %d", product, random.IntN(3)),
		"INSERT INTO mails (text) VALUES ('news')",
	}
	for _, statement := range statements[:1+random.IntN(len(statements))] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if random.IntN(10) == 0 {
		return tx.Rollback()
	}
	return tx.Commit()
}

// row names a row of the four tables.
type row struct {
	table string
	id    int64
}

// replay does again what the commits did, and wants every row to be found as its change says that it was.
func replay(t *testing.T, commits []evidence.Commit) map[row]evidence.Image {
	t.Helper()
	rows := map[row]evidence.Image{}
	for i, c := range commits {
		if c.Position != int64(i+1) {
			t.Fatalf("commit %d is numbered %d", i+1, c.Position)
		}
		for _, change := range c.Changes {
			at := row{change.Table, max(change.Before.ID, change.After.ID)}
			if rows[at] != change.Before {
				t.Fatalf("commit %d changes %v from %+v, it was %+v", i+1, at, change.Before, rows[at])
			}
			if rows[at] = change.After; change.After.ID == 0 {
				delete(rows, at)
			}
		}
	}
	return rows
}

// matches wants the tables to be as the commits left them.
func (s *shop) matches(t *testing.T, commits []evidence.Commit) {
	t.Helper()
	want := map[row]evidence.Image{}
	s.collect(t, want, "products", "SELECT id, price, stock_total, stock_held FROM products", func(i *evidence.Image) []any {
		return []any{&i.ID, &i.Price, &i.StockTotal, &i.StockHeld}
	})
	s.collect(t, want, "holds", "SELECT id, product_id, qty, status FROM holds", func(i *evidence.Image) []any {
		return []any{&i.ID, &i.ProductID, &i.Qty, &i.Status}
	})
	got := replay(t, commits)
	for at, image := range want {
		if got[at] != image {
			t.Fatalf("%v is %+v, the commits make it %+v", at, image, got[at])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("there are %d rows, the commits make it %d", len(want), len(got))
	}
}

func (s *shop) collect(t *testing.T, into map[row]evidence.Image, table, query string, targets func(*evidence.Image) []any) {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var image evidence.Image
		if err := rows.Scan(targets(&image)...); err != nil {
			t.Fatal(err)
		}
		into[row{table, image.ID}] = image
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
