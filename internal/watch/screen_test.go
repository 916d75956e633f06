package watch

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"flashsale/checker"
	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// flood shows a screen many cases of one kind.
func flood(s *Screen, cases int64) {
	for n := range cases {
		s.judged(&evidence.Commit{Position: n + 1, Changes: make([]evidence.Change, 2)}, []checker.Sighting{{
			Check: "price-exact", Promise: "p", Violation: checker.Violation{What: "Wrong.", Count: n + 1},
		}})
	}
}

// The first few of a kind are shown whole, then there is a line at every power of ten: a flood stays readable.
func TestAFloodStaysReadable(t *testing.T) {
	var out, status bytes.Buffer
	flood(&Screen{Out: &out, Status: &status}, 5000)
	if n := strings.Count(out.String(), "BROKEN price-exact"); n != checker.SightingsShown+3 {
		t.Errorf("%d cases shown:\n%s", n, out.String())
	}
	if !strings.Contains(out.String(), "1,000 times by now: Wrong.") || status.Len() > 0 {
		t.Errorf("%s%s", out.String(), status.String())
	}
}

// Programs get every case, a line each.
func TestJSONHasEveryCase(t *testing.T) {
	var out, status bytes.Buffer
	flood(&Screen{Out: &out, Status: &status, JSON: true}, 50)
	decoder, last := json.NewDecoder(&out), jsonLine{}
	for n := range int64(50) {
		if err := decoder.Decode(&last); err != nil || last.Count != n+1 || last.Check != "price-exact" {
			t.Fatalf("line %d: %v, %+v", n+1, err, last)
		}
	}
}

// A terminal's line is written over, and taken away for whatever else is to be said.
func TestATerminalsLineIsWrittenOver(t *testing.T) {
	var out bytes.Buffer
	s := &Screen{Out: &out, Status: &out, Terminal: true, Database: "shop"}
	s.progress(0)
	if out.Len() > 0 {
		t.Errorf("nothing has begun: %q", out.String())
	}
	s.began(binlog.Position{Log: "bin.000001", Offset: 4}, Rows{Products: 1})
	s.progress(2 * time.Second)
	s.progress(time.Second)
	if watched := s.Close(); !strings.HasPrefix(watched, "0 commits") {
		t.Errorf("watched %q", watched)
	}
	lines := strings.Split(out.String(), "\n")
	if last := lines[len(lines)-1]; strings.Count(last, "\r\x1b[K") != 2 || !strings.HasSuffix(last, "\r\x1b[K") {
		t.Errorf("%q", last)
	}
}
