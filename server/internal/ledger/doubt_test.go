package ledger

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
	"flashsale/internal/lab/labtest"
	"flashsale/server/internal/decide"
)

// newKnife is a proxy to the test database that cuts connections at their COMMIT.
func newKnife(t *testing.T) *labtest.Knife {
	t.Helper()
	dsn, _ := testDatabase(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	k, err := labtest.NewKnife(cfg.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// Whenever the connection dies around a COMMIT, the caller is told the truth, and the request has one
// effect.
func TestAConnectionLostAroundCommit(t *testing.T) {
	for name, when := range map[string]labtest.When{"before": labtest.Before, "in": labtest.During, "after": labtest.After} {
		t.Run(name, func(t *testing.T) {
			k := newKnife(t)
			b := newBench(t, k.Addr(), nil)
			product := b.product(100)
			hold := b.mustSubmit(product, decide.CreateHold{Qty: 1})

			k.Cut("COMMIT", when, nil)
			second := b.mustSubmit(product, decide.CreateHold{Qty: 2}) // no key: only the token can tell
			b.wantRow(second.HoldID, 2)

			k.Cut("COMMIT", when, nil)
			order := b.mustSubmit(product, decide.CreateOrder{HoldID: hold.HoldID})
			if order.Refusal != "" || b.number("SELECT COUNT(*) FROM orders WHERE id = ? AND hold_id = ?", order.OrderID, hold.HoldID) != 1 {
				t.Errorf("order %+v", order)
			}

			k.Cut("COMMIT", when, nil)
			paid := b.mustSubmit(product, decide.ApplyPayment{OrderID: order.OrderID, HoldID: hold.HoldID,
				Payment: api.PaymentSuccess, Key: b.key(0), RawPayload: "{}"})
			if paid.Outcome != api.OutcomePaid || paid.Replayed {
				t.Errorf("payment %+v: the first delivery was this one", paid)
			}

			b.exec("UPDATE holds SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ?", second.HoldID)
			k.Cut("COMMIT", when, nil)
			b.mustSubmit(product, decide.Release{HoldIDs: []int64{second.HoldID}}) // nothing is inserted: run again

			if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 2 {
				t.Errorf("%d holds, want 2", n)
			}
			if k.Cuts() != 4 {
				t.Errorf("the knife fell %d times, want 4", k.Cuts())
			}
			b.checkSums(product)
		})
	}
}

func (b *bench) wantRow(id, qty int64) {
	b.t.Helper()
	if n := b.number("SELECT COUNT(*) FROM holds WHERE id = ? AND qty = ?", id, qty); n != 1 {
		b.t.Errorf("hold %d was answered and is not there", id)
	}
}

// A commit can still be on its way when its connection is gone: a look without the lock would find
// nothing, run the batch again, and sell twice. Here the database holds commits back until the old
// session's connection is long lost.
func TestACommitStillOnItsWay(t *testing.T) {
	if _, db := testDatabase(t); !isMariaDB(t, db) {
		t.Skip("only MariaDB can block commits alone, with BACKUP STAGE")
	}
	k := newKnife(t)
	b := newBench(t, k.Addr(), func(c *Config) { c.RequestTimeout = 30 * time.Second })
	product := b.product(100)
	b.mustSubmit(product, decide.CreateHold{Qty: 1})

	stop, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop.Close()
	k.Cut("COMMIT", labtest.During, func() { // from here on no commit gets through
		for _, stage := range []string{"START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"} {
			if _, err := stop.ExecContext(t.Context(), "BACKUP STAGE "+stage); err != nil {
				t.Error(err)
			}
		}
	})
	answered := make(chan decide.Answer, 1)
	go func() { answered <- b.mustSubmit(product, decide.CreateHold{Qty: 3}) }()
	eventually(t, "a commit waits", func() bool {
		return k.Cuts() == 1 && b.number("SELECT COUNT(*) FROM information_schema.processlist"+
			" WHERE info LIKE '%COMMIT' AND state LIKE '%backup%'") > 0
	})
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 1 {
		t.Errorf("%d holds are committed before the commit got through", n)
	}
	if _, err := stop.ExecContext(t.Context(), "BACKUP STAGE END"); err != nil {
		t.Fatal(err)
	}
	a := <-answered
	b.wantRow(a.HoldID, 3)
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ? AND qty = 3", product); n != 1 {
		t.Errorf("%d holds of one request", n)
	}
	b.checkSums(product)
}

// The database ends every session of ours, again and again, while a storm runs: nobody is told anything
// that is not so.
func TestSessionsKilledInAStorm(t *testing.T) {
	b := newBench(t, "", nil)
	const stock = 150
	product := b.product(stock)
	stopped := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stopped:
				return
			case <-time.After(3 * time.Millisecond):
			}
			rows, err := b.db.Query("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE '%stock_sold%'")
			if err != nil {
				continue
			}
			var ids []int64
			for rows.Next() {
				var id int64
				if rows.Scan(&id) == nil {
					ids = append(ids, id)
				}
			}
			rows.Close()
			for _, id := range ids {
				_, _ = b.db.Exec("KILL ?", id)
			}
		}
	})
	var granted, refused atomic.Int64
	together(200, func(i int) {
		a, err := b.Submit(product, decide.CreateHold{Qty: 1})
		switch {
		case err != nil:
			t.Error(err)
		case a.Refusal != "":
			refused.Add(1)
		default:
			granted.Add(1)
			b.wantRow(a.HoldID, 1)
		}
	})
	close(stopped)
	killer.Wait()
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != stock || granted.Load() != stock {
		t.Errorf("%d rows, %d granted, want %d", n, granted.Load(), stock)
	}
	b.checkSums(product)
}
