package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// Fact is a line that says what a verdict is about.
type Fact struct{ Name, Value string }

// Standing writes the verdict on a shop that is not a run's: one screen, promises first.
func Standing(w io.Writer, v *checker.Verdict, facts []Fact, color bool) error {
	p := newScreen(w, color)
	p.whole, p.tell = true, wording.NewNarrator(&evidence.Run{}) // there is no run: times are the database's
	p.headline(v)
	for _, f := range facts {
		p.wrapped(fmt.Sprintf("%s%-10s", indent, f.Name), strings.Repeat(" ", detailsLeft), f.Value)
	}
	p.line("")
	p.checks(v)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write the verdict: %w", err)
	}
	return nil
}

// Sighting writes one case of a broken promise as it was seen: what, where, and the commits that show it. when is how
// its first line begins.
func Sighting(w io.Writer, when string, s *checker.Sighting, color bool) error {
	p := newScreen(w, color)
	tell := wording.NewNarrator(&evidence.Run{})
	p.wrapped(when+p.paint(string(checker.Fail), "BROKEN")+" ", indent, fmt.Sprintf("%s: %s", s.Check, s.What))
	p.wrapped(indent, indent+indent, tell.Case(&s.First))
	about := wording.SubjectOf(&s.Violation)
	for i := range s.Commits {
		c := (*evidence.Commit)(&s.Commits[i])
		p.wrapped(indent, indent+indent, fmt.Sprintf("commit %d (%s:%d)%s: %s", c.Position, c.Log, c.End,
			decidedAt(c), tell.Commit(c, about)))
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write a violation: %w", err)
	}
	return nil
}

func decidedAt(c *evidence.Commit) string {
	at := measure.DecidedAt(c)
	if at == 0 {
		return ""
	}
	return " at " + time.UnixMicro(at).UTC().Format("15:04:05.000000")
}
