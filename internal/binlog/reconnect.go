package binlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

// Between two attempts to reach a server that is down or stuck.
const (
	backoffMin = 50 * time.Millisecond
	backoffMax = time.Second
)

const (
	// errnoNoLog says that the log cannot be had from there: the file was purged, or ends before, or is damaged.
	errnoNoLog = 1236
	// tornEvent is in the message if the damage is an event that a dying server had not written to its end.
	tornEvent = "truncated in the middle of event"

	firstOffset = 4 // of the first event in a file
)

// handedError is what the one to whom commits are handed had to say.
type handedError struct{ error }

func (e handedError) Unwrap() error { return e.error }

// follow reads the log, one connection after the other, until there is a reason not to go on.
func (f *Follower) follow(ctx context.Context, s *session) {
	defer f.wake() // after ended is closed
	defer close(f.ended)
	defer f.cancel()
	wait := backoffMin
	for {
		before := f.At()
		err := f.read(s)
		s.close()
		if before.Before(f.At()) {
			wait = backoffMin
		}
		for s = nil; s == nil; wait = min(2*wait, backoffMax) {
			if ctx.Err() != nil {
				return
			}
			if f.err = f.final(err); f.err != nil {
				return
			}
			f.note(err)
			pause(ctx, wait)
			s, err = f.open(ctx)
		}
	}
}

// final tells an error that ends the following, as it is to be shown, from one that the next connection may
// not have: nil.
func (f *Follower) final(err error) error {
	var why unseen
	var theirs handedError
	switch number, message := refused(err); {
	case errors.As(err, &theirs):
		return theirs.error
	case errors.As(err, &why):
		return &Gap{After: f.At(), Why: string(why)}
	case number == errnoNoLog && !strings.Contains(message, tornEvent):
		return &Gap{After: f.At(), Why: "the server cannot go on from there: " + message}
	}
	return nil
}

// note keeps what is in the way, for whoever waits in vain.
func (f *Follower) note(err error) {
	_, message := refused(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble, f.torn = err, strings.Contains(message, tornEvent)
	f.options.Logger.Debug("lost the binlog, trying again", "after", f.at, "error", err)
}

func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// open connects, makes sure that this is the server of before, and asks for what follows the last complete
// transaction. It returns when the server has begun to send.
func (f *Follower) open(ctx context.Context) (*session, error) {
	s, err := f.server.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.begin(s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (f *Follower) begin(s *session) error {
	identity, err := s.identify()
	if err != nil {
		return err
	}
	if f.identity == "" {
		f.identity = identity
	}
	if identity != f.identity {
		return unseenf("another server answers: it was %s and is %s now", f.identity, identity)
	}
	from, err := f.from(s)
	if err != nil {
		return err
	}
	if err := s.dump(from, f.replica); err != nil {
		return err
	}
	f.decoder = newDecoder(f.layouts, &f.unpacker)
	f.events.restart()
	return f.readOne(s)
}

// from is where to go on. An event that a dying server left half written ends its file: the transaction was
// never committed, and the log goes on in the next file, which the server began when it came back.
func (f *Follower) from(s *session) (Position, error) {
	at := f.At()
	if !f.torn {
		return at, nil
	}
	logs, err := s.logs()
	if err != nil {
		return Position{}, err
	}
	if i := slices.Index(logs, at.Log); i >= 0 && i+1 < len(logs) {
		return Position{Log: logs[i+1], Offset: firstOffset}, nil
	}
	return at, nil
}

// read follows one connection until it breaks.
func (f *Follower) read(s *session) error {
	for {
		if err := f.readOne(s); err != nil {
			return err
		}
	}
}

func (f *Follower) readOne(s *session) error {
	packet, err := s.next()
	if err != nil {
		return fmt.Errorf("read the binlog: %w", err)
	}
	err = f.decoder.decode(packet, f.take)
	if errors.Is(err, errUndecodable) {
		return unseenf("%v", err) // it will not be another one when it is sent again
	}
	return err
}

// take follows an event, and makes sure that a file is still the one that it was: a log that was reset
// begins again with the same names.
func (f *Follower) take(e *replication.BinlogEvent) error {
	if _, begins := e.Event.(*replication.FormatDescriptionEvent); begins {
		if f.events.log == f.file.name && e.Header.Timestamp != f.file.begun {
			return unseenf("%s was begun anew, so the log was reset", f.file.name)
		}
		f.file = file{name: f.events.log, begun: e.Header.Timestamp}
	}
	return f.events.take(e)
}

// file tells a file of the log from another one of the same name.
type file struct {
	name  string
	begun uint32 // as the server stamped it
}
