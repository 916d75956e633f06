package watch

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"flashsale/checker"
	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
	"flashsale/reports"
	"flashsale/reports/wording"
)

// lineEvery is how often a log hears that all is well; a terminal hears with every beat.
const lineEvery = 10 * time.Second

// Screen tells people, and programs, what a watch sees. Its methods may be called from several goroutines. A screen
// that cannot be written is no reason to stop watching.
type Screen struct {
	Out      io.Writer // violations
	Status   io.Writer // how it goes; may be the same
	JSON     bool      // violations as one line of JSON each
	Terminal bool      // Status is one: it shows how it goes in a line that is written over
	Color    bool      // Out can show colours
	Database string    // what is watched, as a person would call it
	TTL      bool      // the holds' time to live is known

	mu                          sync.Mutex
	commits, changes, sightings int64
	started, told               time.Time // told: when the last line of progress was written
	toldCommits                 int64     // and how many commits there were
	drawn                       bool      // the terminal's line is there
}

// Rows says what stood in the tables when a watch began.
type Rows struct {
	Products, Holds, Orders, Events int64
	Timed                           bool // the rows bear the times of their decisions
}

// line writes a line of status, with the time. The mutex is held.
func (s *Screen) line(format string, args ...any) {
	s.wipe()
	fmt.Fprintf(s.Status, clock()+format+"\n", args...)
}

// clock is the time at the beginning of a line: in UTC, as all the database's times are.
func clock() string { return time.Now().UTC().Format("15:04:05Z  ") }

// wipe takes the terminal's line away, for another to be written.
func (s *Screen) wipe() {
	if s.drawn {
		fmt.Fprint(s.Status, "\r\x1b[K")
		s.drawn = false
	}
}

func (s *Screen) began(from binlog.Position, rows Rows) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line("watching %s from %s on; there are %s, %s, %s and %s", s.Database, from,
		wording.Plural(rows.Products, "product"), wording.Plural(rows.Holds, "hold"),
		wording.Plural(rows.Orders, "order"), wording.Plural(rows.Events, "payment event"))
	if !s.started.IsZero() {
		return
	}
	s.started, s.told = time.Now(), time.Now()
	switch {
	case !rows.Timed:
		s.line("how this shop stamps its rows is not known: nothing that depends on time is judged, and what is " +
			"reserved proves nothing (see --decision-times)")
	case !s.TTL:
		s.line("whether holds are granted for their full time is not judged: give --hold-ttl to have it judged")
	}
}

// judged counts a commit, and shows what it broke.
func (s *Screen) judged(c *evidence.Commit, sightings []checker.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.changes += int64(len(c.Changes))
	for i := range sightings {
		s.sightings++
		s.sighted(&sightings[i])
	}
}

// sighted shows the first few cases of a kind whole. Then it only says how many there are, at every power of ten.
func (s *Screen) sighted(x *checker.Sighting) {
	switch {
	case s.JSON:
		s.writeJSON(x)
	case x.Count <= checker.SightingsShown:
		s.wipe()
		_ = reports.Sighting(s.Out, clock(), x, s.Color)
	case powerOfTen(x.Count):
		s.wipe()
		fmt.Fprintf(s.Out, clock()+"BROKEN %s, %s by now: %s\n", x.Check, wording.Plural(x.Count, "time"), x.What)
	}
}

func powerOfTen(n int64) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

// jsonLine is a violation as one line of JSON.
type jsonLine struct {
	Check   string           `json:"check"`
	Promise string           `json:"promise"`
	What    string           `json:"what"`
	Count   int64            `json:"count"` // of this kind so far
	Case    checker.Case     `json:"case"`
	Commits []checker.Commit `json:"commits,omitempty"`
}

func (s *Screen) writeJSON(x *checker.Sighting) {
	text, err := json.Marshal(jsonLine{x.Check, x.Promise, x.What, x.Count, x.First, x.Commits})
	if err != nil {
		s.line("a violation of %s cannot be written: %v", x.Check, err)
		return
	}
	s.wipe()
	fmt.Fprintf(s.Out, "%s\n", text)
}

// missed tells of a hole in the log.
func (s *Screen) missed(why error, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line("GAP: commits were missed, so the verdict can be no better than undecided: %v", why)
	if !ended {
		s.line("beginning again from the rows as they stand now")
	}
}

func (s *Screen) silent(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line("the database does not answer: %v; trying again", err)
}

func (s *Screen) spoke(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line("the database answers again, after %s", wording.Latency(after))
}

// progress says that the watch goes on. lag is how far behind it is.
func (s *Screen) progress(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := time.Since(s.told)
	if s.started.IsZero() || !s.Terminal && since < lineEvery {
		return
	}
	text := fmt.Sprintf("%s (%.0f/s), %s, behind by %s", wording.Plural(s.commits, "commit"),
		float64(s.commits-s.toldCommits)/since.Seconds(), wording.Plural(s.sightings, "violation"), lag.Round(time.Second))
	s.told, s.toldCommits = time.Now(), s.commits
	if !s.Terminal {
		s.line("%s", text)
		return
	}
	s.wipe()
	fmt.Fprint(s.Status, clock()+text)
	s.drawn = true
}

// Close takes the terminal's line away, and says in a word what was watched for how long.
func (s *Screen) Close() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	if s.started.IsZero() {
		return "nothing"
	}
	return fmt.Sprintf("%s, that changed %s, in %s", wording.Plural(s.commits, "commit"),
		wording.Plural(s.changes, "row"), time.Since(s.started).Round(time.Second))
}
