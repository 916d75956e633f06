package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
	"flashsale/internal/lab"
)

// FollowOptions set up the measurement of what it costs a server that its commits are followed.
type FollowOptions struct {
	DSN         string        // database server to use; empty: a private one
	Image       string        // run the private one in a container of this image
	Rounds      int           // each measures the server alone and followed
	Measure     time.Duration // of each of the two
	Connections int           // in a closed loop
	Report      func(line string)
}

// FollowResult is what following the binlog took from a server's throughput, on a machine that load, server,
// database and follower share.
type FollowResult struct {
	Connections int           `json:"connections"`
	Alone       float64       `json:"holds_per_second_alone"`    // median
	Followed    float64       `json:"holds_per_second_followed"` // median
	Cost        float64       `json:"cost"`                      // share of the throughput that is lost: the median of the rounds'
	Rounds      []FollowRound `json:"rounds"`
}

// FollowRound is what one round measured.
type FollowRound struct {
	Alone          float64 `json:"holds_per_second_alone"`
	Followed       float64 `json:"holds_per_second_followed"`
	Commits        int64   `json:"commits"`          // that were followed and written to commits.parquet
	CatchUpSeconds float64 `json:"catch_up_seconds"` // from the last answer to the last commit's arrival
}

func (r FollowRound) cost() float64 { return 1 - r.Followed/r.Alone }

// catchUpWait bounds how far behind a follower may be when the load ends.
const catchUpWait = time.Minute

// Follow measures holds per second of our server, in turns alone and with a follower that writes every
// commit to a file, as a run does. The turns change places from round to round, so that neither has the
// emptier tables.
func Follow(ctx context.Context, o FollowOptions) (result *FollowResult, err error) {
	l, err := lab.Start(ctx, lab.Options{DSN: o.DSN, Image: o.Image, HoldTTL: benchTTL, Products: []lab.Product{benchProduct()}})
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	defer func() { err = errors.Join(err, TakeDown(l)) }()
	result = &FollowResult{Connections: o.Connections}
	for n := range o.Rounds {
		round, err := followRound(ctx, o, l, n%2 == 1)
		if err != nil {
			return nil, err
		}
		result.Rounds = append(result.Rounds, round)
		o.Report(fmt.Sprintf("round %d  alone %8.0f holds/s   followed %8.0f holds/s   %5.1f %% lost   caught up in %.0f ms", n+1,
			round.Alone, round.Followed, 100*round.cost(), 1000*round.CatchUpSeconds))
	}
	result.summarize()
	return result, nil
}

func (r *FollowResult) summarize() {
	var alone, followed, costs []float64
	for _, round := range r.Rounds {
		alone, followed, costs = append(alone, round.Alone), append(followed, round.Followed), append(costs, round.cost())
	}
	r.Alone, r.Followed, r.Cost = median(alone), median(followed), median(costs)
}

func followRound(ctx context.Context, o FollowOptions, l *lab.Lab, followedFirst bool) (round FollowRound, err error) {
	alone := func() error {
		round.Alone, err = holdRate(ctx, l.URLs()[0], o.Connections, o.Measure)
		return err
	}
	followed := func() error { return followedRate(ctx, o, l, &round) }
	if followedFirst {
		alone, followed = followed, alone
	}
	if err := alone(); err != nil {
		return round, err
	}
	err = followed()
	return round, err
}

// followedRate measures the server while its commits are followed and written down.
func followedRate(ctx context.Context, o FollowOptions, l *lab.Lab, round *FollowRound) (err error) {
	dir, err := os.MkdirTemp("", "flashsale-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the commits: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file, err := evidence.CreateCommits(dir, "bench")
	if err != nil {
		return err
	}
	defer func() {
		commits, closeErr := file.Close()
		round.Commits, err = commits, errors.Join(err, closeErr)
	}()
	follower, err := binlog.Follow(ctx, binlog.Options{DSN: l.DSN()}, file.Append)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, follower.Close()) }()
	if round.Followed, err = holdRate(ctx, l.URLs()[0], o.Connections, o.Measure); err != nil {
		return err
	}
	return catchUp(ctx, l, follower, round)
}

// catchUp waits for what was committed and not yet followed.
func catchUp(ctx context.Context, l *lab.Lab, follower *binlog.Follower, round *FollowRound) error {
	ctx, cancel := context.WithTimeout(ctx, catchUpWait)
	defer cancel()
	started := time.Now()
	end, err := binlog.End(ctx, l.DB())
	if err != nil {
		return err
	}
	if err := follower.Await(ctx, end); err != nil {
		return err
	}
	round.CatchUpSeconds = time.Since(started).Seconds()
	return nil
}
