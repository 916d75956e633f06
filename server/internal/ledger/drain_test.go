package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/server/internal/decide"
)

// The sweep goes on submitting while a server drains.
func TestDrainWhileOthersSubmit(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				b.mustSubmit(product, decide.Release{HoldIDs: []int64{1}})
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 4000 {
		if err := b.Drain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
}

func TestDrainWaitsForWhatWasAccepted(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	release := b.lock(product)
	answered := make(chan decide.Answer, 1)
	go func() { answered <- b.mustSubmit(product, decide.CreateHold{Qty: 1}) }()
	eventually(t, "the command is accepted", func() bool { return b.queued.Load() == 1 })
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Drain(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drained with a command in flight: %v", err)
	}
	release()
	long, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := b.Drain(long); err != nil {
		t.Error(err)
	}
	if a := <-answered; a.Refusal != "" {
		t.Errorf("%+v", a)
	}
}

// A request that has spent its time elsewhere does not get it a second time.
func TestADeadlineIsKept(t *testing.T) {
	b := newBench(t, "", nil)
	product := b.product(10)
	if _, err := b.SubmitBy(time.Now(), product, decide.CreateHold{Qty: 1}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("a command without time left: %v", err)
	}
	if n := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ?", product); n != 0 {
		t.Errorf("%d holds", n)
	}
}

// A session that cannot be opened is nobody's poison: everyone may try again later.
func TestNoSessionIsNoPoison(t *testing.T) {
	b := newBench(t, "", nil)
	dsn, _ := testDatabase(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DBName = "gone"
	pool, err := Open(cfg.FormatDSN(), 4, b.Logger)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := b.Config
	c.DB, c.RequestTimeout = pool, 500*time.Millisecond
	if _, err := New(c).Submit(1, decide.CreateHold{Qty: 1}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("told %v", err)
	}
	if b.see.count("no connection") == 0 {
		t.Error("it was not tried again")
	}
}
