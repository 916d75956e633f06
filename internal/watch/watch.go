package watch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"flashsale/checker"
	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// Options say what to watch.
type Options struct {
	DSN      string  // names the database; the account needs the grants that binlog.Probe asks for
	DB       *sql.DB // the same, for the snapshot and small questions
	Sentinel checker.SentinelOptions
	For      time.Duration // how long; 0: until the context ends
	Metrics  *Metrics
	Screen   *Screen
}

const (
	// commitWait is what passes between a transaction's entry in the log and the moment at which others see it: the
	// disk's time, mostly. The snapshot is taken that long after the position that it is joined to. Where it takes
	// longer, rows and log do not go together: that is noticed, and the watch begins again.
	commitWait = time.Second
	// endWait bounds the way to the end of the log, when the time is up.
	endWait = 10 * time.Second
	// againWait is between two attempts to begin.
	againWait = time.Second
)

// Run watches until ctx ends or the time is up, and returns the verdict so far. An error means that it could not
// begin; once it has begun, whatever happens to the database is waited for.
func Run(ctx context.Context, o Options) (*checker.Verdict, error) {
	w := &watcher{Options: o, sentinel: checker.NewSentinel(o.Sentinel)}
	up, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.For > 0 {
		w.over = time.After(o.For)
	}
	w.pulse = startPulse(up, o.DB, o.Metrics, o.Screen)
	defer w.pulse.stop()
	for !w.ended && ctx.Err() == nil {
		err := w.round(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
		case !w.begun:
			return nil, err
		default:
			w.pause(ctx, againWait)
		}
	}
	return w.sentinel.Verdict(), nil
}

// watcher is one watch. Its sentinel is used by whoever follows; between two followings, by the watcher.
type watcher struct {
	Options
	sentinel *checker.Sentinel
	pulse    *pulse
	over     <-chan time.Time // the time is up
	begun    bool             // the log has been followed at least once
	ended    bool
	commits  int64 // applied so far, which numbers them across followings
}

// holeError ends a following: the rows and the log do not go together.
type holeError string

func (h holeError) Error() string { return string(h) }

// round joins the log and follows it to its end, or to a hole. An error means that it did not get to follow.
func (w *watcher) round(ctx context.Context) error {
	from, joined, err := w.join(ctx)
	if err != nil {
		return err
	}
	follower, err := binlog.Follow(ctx, binlog.Options{DSN: w.DSN, From: from}, w.judge(joined))
	if err != nil {
		return fmt.Errorf("follow the binlog: %w", err)
	}
	w.begun = true
	w.pulse.follow(follower)
	defer w.pulse.follow(nil)
	select {
	case <-ctx.Done():
	case <-follower.Done():
	case why := <-w.pulse.reset:
		w.missed(why)
	case <-w.over:
		w.ended = true
		w.toTheEnd(ctx, follower)
	}
	if err := follower.Close(); err != nil {
		w.missed(err)
	}
	return nil
}

// join reads the rows as they stand. from is where to follow the log from, joined where the rows are surely older
// than the log.
func (w *watcher) join(ctx context.Context) (from, joined binlog.Position, err error) {
	if from, err = binlog.End(ctx, w.DB); err != nil {
		return from, joined, err
	}
	w.pause(ctx, commitWait)
	var rows Rows
	err = evidence.StreamSnapshot(ctx, w.DB, evidence.RowReader{
		Columns: w.sentinel.Begin,
		Product: counting(&rows.Products, w.sentinel.SeedProduct),
		Hold:    counting(&rows.Holds, w.sentinel.SeedHold),
		Order:   counting(&rows.Orders, w.sentinel.SeedOrder),
		Event:   counting(&rows.Events, w.sentinel.SeedEvent),
	})
	if err != nil {
		return from, joined, err
	}
	if why := w.sentinel.Gap(); why != "" {
		return from, joined, errors.New(why)
	}
	rows.Timed = w.sentinel.Timed()
	if joined, err = binlog.End(ctx, w.DB); err == nil {
		w.Screen.began(from, rows)
	}
	return from, joined, err
}

func counting[Row any](n *int64, take func(*Row)) func(*Row) {
	return func(row *Row) {
		*n++
		take(row)
	}
}

// judge is what the follower calls with every commit.
func (w *watcher) judge(joined binlog.Position) func(evidence.Commit) error {
	old := true
	return func(c evidence.Commit) error {
		w.commits++
		c.Position = w.commits
		if old && joined.Before(binlog.Position{Log: c.Log, Offset: c.End}) {
			w.sentinel.Joined()
			old = false
		}
		sightings := w.sentinel.Apply(&c)
		w.Metrics.judged(&c, sightings)
		w.Screen.judged(&c, sightings)
		if why := w.sentinel.Gap(); why != "" {
			return holeError(why)
		}
		return nil
	}
}

// toTheEnd sees to it that all that was committed until now is judged.
func (w *watcher) toTheEnd(ctx context.Context, follower *binlog.Follower) {
	ctx, cancel := context.WithTimeout(ctx, endWait)
	defer cancel()
	end, err := binlog.End(ctx, w.DB)
	if err == nil {
		err = follower.Await(ctx, end)
	}
	if err != nil && follower.Err() == nil { // else it is told anyway
		w.missed(err)
	}
}

// missed tells everybody of a hole in the log.
func (w *watcher) missed(why error) {
	w.sentinel.Missed(why.Error())
	w.Metrics.gaps.Inc()
	w.Screen.missed(why, w.ended)
}

func (w *watcher) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-w.over:
		w.ended = true
	}
}
