package binlog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"

	"flashsale/internal/evidence"
)

// Options say what to follow.
type Options struct {
	// DSN names the server, an account with the grants that Probe asks for, and the schema: its database.
	DSN string
	// From is where to begin; the zero Position is where the log ends now.
	From Position
	// Logger hears of lost connections, at debug level; nil: nobody listens.
	Logger *slog.Logger
}

// Follower hands out the commits of one schema as they come.
type Follower struct {
	server  *server
	options Options
	replica uint32
	each    func(evidence.Commit) error
	cancel  context.CancelFunc
	ended   chan struct{} // closed when nothing is followed any more
	err     error         // why, valid then; nil if it was our own wish

	// Of the goroutine that follows.
	layouts  *layouts
	unpacker unpacker
	decoder  *decoder // of the connection
	events   *transactions
	identity string // of the server whose log this is
	file     file   // that is being read
	torn     bool   // the server cannot read to the end of it

	mu       sync.Mutex
	advanced sync.Cond
	at       Position
	count    int64
	trouble  error // what keeps the log from being read right now
}

// Follow begins to follow, and returns when the server has begun to send. each gets the commits, one after
// the other, numbered 1, 2, 3, ...; Changes are its own to keep. While it is busy, the log waits. An error of
// its own ends the following, and so does the end of ctx.
func Follow(ctx context.Context, o Options, each func(evidence.Commit) error) (*Follower, error) {
	s, err := openServer(o.DSN)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := &Follower{
		server: s, options: o, replica: newReplica(), each: each, ended: make(chan struct{}),
		at: o.From,
	}
	f.advanced.L = &f.mu
	if err := f.prepare(ctx); err != nil {
		return nil, err
	}
	ctx, f.cancel = context.WithCancel(ctx)
	opened, err := f.open(ctx)
	if err != nil {
		f.cancel()
		return nil, cmp.Or(f.final(err), err)
	}
	go f.follow(ctx, opened)
	return f, nil
}

// newReplica draws the id of a replica, far from those that people give to theirs.
func newReplica() uint32 { return 1<<31 | rand.Uint32() }

// prepare learns what the schema looks like and where the log ends.
func (f *Follower) prepare(ctx context.Context) error {
	l := &layouts{schema: f.server.schema}
	err := f.server.ask(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		if f.at == (Position{}) {
			if f.at, err = End(ctx, db); err != nil {
				return err
			}
		}
		names, err := variables(ctx, db, "Variable_name = 'lower_case_table_names'")
		if err != nil {
			return err
		}
		l.anyCase = names["lower_case_table_names"] != "0"
		l.fallback, err = schemaColumns(ctx, db, f.server.schema)
		return err
	})
	f.layouts = l
	f.events = &transactions{layouts: l, at: f.at, commit: f.commit, passed: f.passed}
	return err
}

// Done is closed when nothing is followed any more.
func (f *Follower) Done() <-chan struct{} { return f.ended }

// Err says why nothing is followed any more: a *Gap, or what each returned. It is nil while the log is
// followed, and when the following ended by Close or with its context.
func (f *Follower) Err() error {
	select {
	case <-f.ended:
		return f.err
	default:
		return nil
	}
}

// Close ends the following, and returns Err.
func (f *Follower) Close() error {
	f.cancel()
	<-f.ended
	return f.err
}

// At is up to where everything was handed out.
func (f *Follower) At() Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// Commits counts what was handed out.
func (f *Follower) Commits() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// Await waits until everything up to a position was handed out. Its error says how far it got and what was
// in the way.
func (f *Follower) Await(ctx context.Context, to Position) error {
	stop := context.AfterFunc(ctx, f.wake)
	defer stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.at.Before(to) {
		switch {
		case f.Err() != nil:
			return f.Err()
		case f.over():
			return fmt.Errorf("the binlog was followed to %s, not to %s: that was ended", f.at, to)
		case ctx.Err() != nil:
			return fmt.Errorf("the binlog was followed to %s, not to %s: %w", f.at, to,
				errors.Join(f.trouble, ctx.Err()))
		}
		f.advanced.Wait()
	}
	return nil
}

func (f *Follower) over() bool {
	select {
	case <-f.ended:
		return true
	default:
		return false
	}
}

func (f *Follower) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advanced.Broadcast()
}

// commit numbers a transaction and hands it out.
func (f *Follower) commit(changes []evidence.Change, end Position) error {
	c := evidence.Commit{Position: f.count + 1, Log: end.Log, End: end.Offset, Changes: changes}
	if err := f.each(c); err != nil {
		return handedError{err}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return nil
}

func (f *Follower) passed(to Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.trouble = to, nil
	f.advanced.Broadcast()
}
