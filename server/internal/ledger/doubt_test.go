package ledger

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// cut says when a knife cuts the connection on which a COMMIT passes.
type cut int32

const (
	never        cut = iota
	beforeCommit     // the COMMIT never reaches the database
	inCommit         // it does, and nobody waits for the answer
	afterCommit      // it is answered, and the answer is lost
)

// knife is a proxy in front of the database that cuts the connection of the next COMMIT, once.
type knife struct {
	listener net.Listener
	backend  string
	when     atomic.Int32
	cuts     atomic.Int32
	before   func() // called before a COMMIT is passed on and its connection cut
	open     sync.WaitGroup
}

func newKnife(t *testing.T) *knife {
	t.Helper()
	cfg, err := mysql.ParseDSN(testLab(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &knife{listener: listener, backend: cfg.Addr}
	k.open.Go(k.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		k.open.Wait()
	})
	return k
}

func (k *knife) accept() {
	for {
		client, err := k.listener.Accept()
		if err != nil {
			return
		}
		k.open.Go(func() { k.relay(client) })
	}
}

// relay passes bytes both ways until the knife falls. Statements are requests of one packet each, and the
// client waits for every answer, so a COMMIT is a read of its own.
func (k *knife) relay(client net.Conn) {
	defer client.Close()
	database, err := net.Dial("tcp", k.backend)
	if err != nil {
		return
	}
	defer database.Close()
	var deaf atomic.Bool // the answer is swallowed
	k.open.Go(func() {
		defer client.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := database.Read(buffer)
			if err != nil || deaf.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.HasSuffix(buffer[:n], []byte("\x03COMMIT")) {
			switch cut(k.when.Swap(int32(never))) {
			case beforeCommit:
				k.cuts.Add(1)
				return
			case inCommit:
				if k.before != nil {
					k.before()
				}
				_, _ = database.Write(buffer[:n])
				k.cuts.Add(1)
				return
			case afterCommit:
				deaf.Store(true)
				k.cuts.Add(1)
			}
		}
		if _, err := database.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// Whenever the connection dies around a COMMIT, the caller is told the truth, and the request has one
// effect.
func TestAConnectionLostAroundCommit(t *testing.T) {
	for name, when := range map[string]cut{"before": beforeCommit, "in": inCommit, "after": afterCommit} {
		t.Run(name, func(t *testing.T) {
			k := newKnife(t)
			b := newBench(t, k.listener.Addr().String(), nil)
			product := b.product(100)
			hold := b.mustSubmit(product, decide.CreateHold{Qty: 1})

			k.when.Store(int32(when))
			second := b.mustSubmit(product, decide.CreateHold{Qty: 2}) // no key: only the token can tell
			b.wantRow(second.HoldID, 2)

			k.when.Store(int32(when))
			order := b.mustSubmit(product, decide.CreateOrder{HoldID: hold.HoldID})
			if order.Refusal != "" || b.number("SELECT COUNT(*) FROM orders WHERE id = ? AND hold_id = ?", order.OrderID, hold.HoldID) != 1 {
				t.Errorf("order %+v", order)
			}

			k.when.Store(int32(when))
			paid := b.mustSubmit(product, decide.ApplyPayment{OrderID: order.OrderID, HoldID: hold.HoldID,
				Payment: api.PaymentSuccess, Key: b.key(0), RawPayload: "{}"})
			if paid.Outcome != api.OutcomePaid || paid.Replayed {
				t.Errorf("payment %+v: the first delivery was this one", paid)
			}

			b.exec("UPDATE holds SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ?", second.HoldID)
			k.when.Store(int32(when))
			b.mustSubmit(product, decide.Release{HoldIDs: []int64{second.HoldID}}) // nothing is inserted: run again

			if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 2 {
				t.Errorf("%d holds, want 2", n)
			}
			if k.cuts.Load() != 4 {
				t.Errorf("the knife fell %d times, want 4", k.cuts.Load())
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
	k := newKnife(t)
	b := newBench(t, k.listener.Addr().String(), func(c *Config) { c.RequestTimeout = 30 * time.Second })
	product := b.product(100)
	b.mustSubmit(product, decide.CreateHold{Qty: 1})

	stop, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop.Close()
	k.before = func() { // from here on no commit gets through
		if _, err := stop.ExecContext(t.Context(), "FLUSH TABLES WITH READ LOCK"); err != nil {
			t.Error(err)
		}
	}
	k.when.Store(int32(inCommit))
	answered := make(chan decide.Answer, 1)
	go func() { answered <- b.mustSubmit(product, decide.CreateHold{Qty: 3}) }()
	eventually(t, "somebody waits for the read lock", func() bool {
		return k.cuts.Load() == 1 && b.number("SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%lock%'") > 0
	})
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 1 {
		t.Errorf("%d holds are committed before the commit got through", n)
	}
	if _, err := stop.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
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
