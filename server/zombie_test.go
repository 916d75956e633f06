//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/api"
)

// A frozen server keeps its locks until the database ends its sessions; then the others go on. When it wakes, it
// acknowledges nothing that is not there.
func TestZombie(t *testing.T) {
	for name, fenced := range map[string]bool{"wakes with its sessions": false, "wakes without": true} {
		t.Run(name, func(t *testing.T) {
			other := build(t, childTimeout)
			zombie := startChild(t, other.shop, other.dsn())
			storm := zombie.storm(other.product)
			other.await("the storm is under way", func() bool { return storm.met()[http.StatusCreated] > 50 })
			var frozen time.Time
			other.await("frozen with the product locked", func() bool {
				frozen = time.Now()
				zombie.signal(syscall.SIGSTOP)
				if other.staysLocked() {
					return true
				}
				zombie.signal(syscall.SIGCONT)
				return false
			})
			asked := time.Now()
			other.wantProblem(other.post(api.PathHolds, holdOf(other.product, 1)), 503, api.ProblemOverloaded)
			if took := time.Since(asked); took > childTimeout+answerSlack {
				t.Errorf("refused after %v", took)
			}
			other.await("the callers' time is up", func() bool { return time.Since(frozen) > 2*childTimeout })
			if fenced {
				other.endSessions() // as wait_timeout does
				other.await("the others go on", func() bool {
					return other.post(api.PathHolds, holdOf(other.product, 1)).status == http.StatusCreated
				})
			}
			zombie.signal(syscall.SIGCONT)
			asleep := time.Since(frozen)
			woken := &site{shop: zombie.shop, product: other.product}
			took := woken.recovers()
			visits := storm.stop()
			t.Logf("recovered in %v; answers: %v", took.Round(time.Millisecond), storm.met())
			woken.judge(other.product, visits, asleep+childTimeout+answerSlack)
			zombie.end()
		})
	}
}

// A server that is killed leaves nothing locked: the next one goes on at once, and whoever repeats a request with the
// same key learns what became of it.
func TestServerKilled(t *testing.T) {
	other := build(t, childTimeout)
	victim := startChild(t, other.shop, other.dsn())
	storm := victim.storm(other.product)
	other.await("the storm is under way", func() bool { return storm.met()[http.StatusCreated] > 50 })
	victim.end()
	other.await("its clients notice", func() bool { return storm.met()[0] >= visitors })
	visits := slices.DeleteFunc(storm.stop(), func(v visit) bool { return v.key == "" && v.status == 0 })
	took := other.recovers()
	unknown := 0
	for i := range visits {
		if visits[i].status == 0 {
			visits[i].status = http.StatusGatewayTimeout
			unknown++
		}
	}
	t.Logf("the next one granted after %v; %d outcomes were unknown", took.Round(time.Millisecond), unknown)
	other.judge(other.product, visits, childTimeout+answerSlack)
}

// numberLockTimeout is what the database says when a lock was not to be had in time.
const numberLockTimeout = 1205

// staysLocked tells whether somebody has the product locked and keeps it so for a second: what was on its way to the
// database when its sender was stopped has arrived by then, a COMMIT too.
func (s *site) staysLocked() bool {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var id int64
	err = tx.QueryRowContext(ctx, "SELECT id FROM products WHERE id = ? FOR UPDATE WAIT 1", s.product).Scan(&id)
	var late *mysql.MySQLError
	return errors.As(err, &late) && late.Number == numberLockTimeout
}

// endSessions ends every session of the servers.
func (s *site) endSessions() {
	s.t.Helper()
	rows, err := s.db.Query("SELECT id FROM information_schema.processlist WHERE user = ?", s.account)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		_, _ = s.db.Exec(fmt.Sprintf("KILL %d", id)) // it may be gone
	}
}
