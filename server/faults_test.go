package server

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"testing"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/lab/labtest"
)

// What holds under every fault.
const (
	answerSlack  = 500 * time.Millisecond // an answer takes the request time-out, and at most so much more
	recoveryWait = 2 * time.Second        // from a fault's end to ready and answering
)

// site is a shop over a road to a database, both of which may be harmed.
type site struct {
	*shop
	lab     *labtest.Lab
	road    *labtest.Road
	account string // that the server logs in with, and nobody else
	product int64
	blocker *sql.Conn // while commits hang
}

func build(t *testing.T, timeout time.Duration) *site {
	t.Helper()
	l := frail(t)
	road, dsn, err := labtest.NewRoad(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := road.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &site{shop: open(t, func(c *Config) { c.DSN, c.RequestTimeout = dsn, timeout }), lab: l, road: road,
		account: parsedDSN(t, dsn).User}
	s.db = l.DB()
	s.product = s.shop.product(1 << 30)
	return s
}

// A trouble is a fault, how to bring it about, and how to end it.
type trouble struct {
	name         string
	timeout      time.Duration // of requests
	inject, heal func(*site)
	// bitten says that the fault has lasted long enough: what the storm has met since it began.
	bitten func(met counts) bool
}

// enough is how many answers of the kind that a fault brings about show that it bites: two for every visitor, the
// first of whom may have asked before it.
const enough = 2 * visitors

func refused(met counts) bool { return met[http.StatusServiceUnavailable] >= enough }
func granted(met counts) bool { return met[http.StatusCreated] >= enough }

// manyGranted is for faults that spare every other commit.
func manyGranted(met counts) bool { return met[http.StatusCreated] >= 100 }

func troubles() []trouble {
	return []trouble{
		{"database killed", time.Second, (*site).killDatabase, (*site).restartDatabase, refused},
		{"database frozen", time.Second, (*site).freeze, (*site).thaw, refused},
		{"partition", time.Second, (*site).cutOff, (*site).reconnect, refused},
		{"slow network", 5 * time.Second, (*site).slowDown, (*site).speedUp, granted},
		{"no connections left", time.Second, (*site).exhaust, (*site).release, refused},
		{"commits that hang", time.Second, (*site).blockCommits, (*site).unblockCommits, refused},
		{"commits lost", time.Second, (*site).loseCommits, (*site).mend, manyGranted},
		{"commits unanswered", time.Second, (*site).loseAnswers, (*site).mend, manyGranted},
	}
}

// Whatever becomes of the database and the network to it: everybody is answered in time, what is answered is true, and
// soon after the fault the server is as it was.
func TestFaults(t *testing.T) {
	for _, f := range troubles() {
		t.Run(f.name, func(t *testing.T) {
			s := build(t, f.timeout)
			storm := s.storm(s.product)
			s.await("the storm is under way", func() bool { return storm.met()[http.StatusCreated] > 50 })
			before := storm.met()
			f.inject(s)
			s.await("the fault bites", func() bool { return f.bitten(storm.met().since(before)) })
			if n := s.sessions(); n > s.server.cfg.ConnectionsMax {
				t.Errorf("%d sessions, of %d at most", n, s.server.cfg.ConnectionsMax)
			}
			f.heal(s)
			took := s.recovers()
			visits := storm.stop()
			t.Logf("recovered in %v; answers: %v; the slowest took %v", took.Round(time.Millisecond), storm.met(), slowest(visits))
			s.judge(s.product, visits, f.timeout+answerSlack)
			if err := s.stop(); err != nil {
				t.Error("drain:", err)
			}
			if err := s.server.close(); err != nil {
				t.Error(err)
			}
			s.await("no session is left", func() bool { return s.sessions() == 0 })
		})
	}
}

// What a recovery has made of a product's row is not taken on trust: the first who comes has it counted again.
func TestARowThatTheRecoveryDamagedIsMended(t *testing.T) {
	s := build(t, 2*time.Second)
	product := s.shop.product(3)
	s.hold(product, 2)
	s.killDatabase()
	s.restartDatabase()
	s.await("the database answers", func() bool {
		_, err := s.db.ExecContext(t.Context(), "UPDATE products SET stock_held = 0 WHERE id = ?", product)
		return err == nil
	})
	s.await("it is refused", func() bool {
		answer := s.post(api.PathHolds, holdOf(product, 2))
		if answer.status == http.StatusCreated {
			t.Fatal("4 of 3 are held")
		}
		return answer.status == http.StatusConflict
	})
	if n := s.metric("flashsale_stock_corrections_total"); n != 1 {
		t.Errorf("%v corrections were counted, want 1", n)
	}
}

// dsn is how a server reaches the database over the road.
func (s *site) dsn() string { return s.server.cfg.DSN }

// recovers waits until the server is ready and answers, and says how long that took.
func (s *site) recovers() time.Duration {
	s.t.Helper()
	healed := time.Now()
	s.await("ready and answering", func() bool {
		status, _ := s.probe("/readyz")
		if status != http.StatusOK {
			return false
		}
		hold := s.post(api.PathHolds, holdOf(s.product, 1))
		read := s.get(fmt.Sprintf("%s%d", api.PathProducts, s.product))
		return hold.status == http.StatusCreated && read.status == http.StatusOK
	})
	took := time.Since(healed)
	if took > recoveryWait {
		s.t.Errorf("ready and answering %v after the fault", took)
	}
	return took
}

// sessions counts the server's sessions at its database; 0 also where the database cannot be asked.
func (s *site) sessions() (n int) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
	defer cancel()
	err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = ?", s.account).Scan(&n)
	if err != nil {
		return 0
	}
	return n
}

func (s *site) killDatabase() {
	s.t.Helper()
	s.do(func(ctx context.Context) error { _, err := s.lab.Database().Victim().Kill(ctx); return err })
}

func (s *site) restartDatabase() { s.t.Helper(); s.do(s.lab.Database().Victim().Start) }
func (s *site) freeze()          { s.t.Helper(); s.do(s.lab.Database().Victim().Pause) }
func (s *site) thaw()            { s.t.Helper(); s.do(s.lab.Database().Victim().Resume) }
func (s *site) exhaust()         { s.t.Helper(); s.do(s.lab.Database().Sessions().Exhaust) }
func (s *site) release()         { s.t.Helper(); s.do(s.lab.Database().Sessions().Release) }
func (s *site) cutOff()          { s.road.Block(true) }
func (s *site) reconnect()       { s.road.Block(false) }
func (s *site) slowDown()        { s.road.Slow(200*time.Millisecond, 50*time.Millisecond) }
func (s *site) speedUp()         { s.road.Slow(0, 0) }
func (s *site) loseCommits()     { s.road.CutBefore(0.5, 1) }
func (s *site) loseAnswers()     { s.road.CutAfter(0.5, 1) }
func (s *site) mend()            { s.road.Mend() }

func (s *site) do(what func(context.Context) error) {
	s.t.Helper()
	if err := what(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// blockCommits is what a full disk looks like from here: commits wait for room, for up to a minute.
func (s *site) blockCommits() {
	s.t.Helper()
	blocker, err := s.db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.blocker = blocker
	for _, stage := range []string{"START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"} {
		if _, err := blocker.ExecContext(s.t.Context(), "BACKUP STAGE "+stage); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *site) unblockCommits() {
	s.t.Helper()
	if _, err := s.blocker.ExecContext(s.t.Context(), "BACKUP STAGE END"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.blocker.Close(); err != nil {
		s.t.Fatal(err)
	}
}
