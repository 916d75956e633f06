package watch

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"flashsale/internal/binlog"
)

const (
	beat     = time.Second
	beatWait = 3 * time.Second // for the database to answer
)

// pulse asks the database once a second where its log ends, and compares with how far it was followed: that tells how
// far behind the watch is, and whether it is there at all.
type pulse struct {
	db     *sql.DB
	screen *Screen
	cancel context.CancelFunc
	done   chan struct{}
	reset  chan error // the log of the follower was begun anew, which it will not notice before there is news

	mu       sync.Mutex
	follower *binlog.Follower // nil: not followed now
	goal     binlog.Position  // an end of the log that was not reached yet; zero: there is none
	asked    time.Time        // when that was the end
	reached  time.Time        // all that was committed before was judged
	silent   time.Time        // since when the database has not answered; zero: it does
}

func startPulse(ctx context.Context, db *sql.DB, metrics *Metrics, screen *Screen) *pulse {
	p := &pulse{db: db, screen: screen, done: make(chan struct{}), reset: make(chan error, 1),
		reached: time.Now()}
	ctx, p.cancel = context.WithCancel(ctx)
	metrics.pulse.Store(p)
	go p.run(ctx)
	return p
}

func (p *pulse) stop() {
	p.cancel()
	<-p.done
}

func (p *pulse) run(ctx context.Context) {
	defer close(p.done)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.beat(ctx)
		p.screen.progress(p.lag())
	}
}

// follow takes note of who follows now; nil: nobody.
func (p *pulse) follow(f *binlog.Follower) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follower, p.goal = f, binlog.Position{}
	select {
	case <-p.reset: // of the follower before
	default:
	}
}

// followed is up to where everything was judged, and by whom; nowhere while nobody follows.
func (p *pulse) followed() (by *binlog.Follower, to binlog.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follower == nil {
		return nil, binlog.Position{}
	}
	return p.follower, p.follower.At()
}

// beat asks where the log ends, and tells when the database falls silent or speaks again.
func (p *pulse) beat(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, beatWait)
	defer cancel()
	now := time.Now()
	follower, before := p.followed()
	end, err := binlog.End(asking, p.db)
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil && p.silent.IsZero():
		p.silent = now
		p.screen.silent(err)
	case err == nil && !p.silent.IsZero():
		p.screen.spoke(time.Since(p.silent))
		p.silent = time.Time{}
	}
	switch {
	case err != nil || follower != p.follower:
	case end.Before(before):
		select {
		case p.reset <- fmt.Errorf("the log was begun anew: it ends at %s, and was followed to %s", end, before):
		default: // it was said before
		}
	case p.goal == (binlog.Position{}):
		p.goal, p.asked = end, now
	}
}

// lag is how long ago all that was committed then had been judged.
func (p *pulse) lag() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follower != nil && p.goal != (binlog.Position{}) && !p.follower.At().Before(p.goal) {
		p.reached, p.goal = p.asked, binlog.Position{}
	}
	return time.Since(p.reached)
}

// up tells whether the log is followed and the database answers.
func (p *pulse) up() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.follower != nil && p.silent.IsZero()
}
