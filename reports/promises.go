package reports

import (
	"fmt"
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/wording"
)

// How much of a broken promise the screen shows; verdict.json holds the rest.
const (
	violationsShown = 3
	entriesShown    = 8 // requests and commits
	rowsShown       = 3
)

// checks lists every promise with its answer, and below a broken one what shows it. Skipped ones come last,
// together where they share their reason: they are the least news.
func (p *screen) checks(v *checker.Verdict) {
	p.line("%s%-*s%-*s%*s", indent, markWidth, "verdict", nameWidth, "promise", countWidth, "exercised")
	skipped := map[string][]string{}
	var reasons []string
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Verdict != checker.Skipped {
			p.check(c)
			continue
		}
		if skipped[c.Reason] == nil {
			reasons = append(reasons, c.Reason)
		}
		skipped[c.Reason] = append(skipped[c.Reason], c.Name)
	}
	for _, reason := range reasons {
		p.skipped(skipped[reason], reason)
	}
}

// check is one line for a promise that held; more for any other.
func (p *screen) check(c *checker.Result) {
	p.line("%s%s%-*s%*s", indent, p.mark(c.Verdict), nameWidth, c.Name, countWidth, wording.Count(c.Exercised))
	below := strings.Repeat(" ", detailsLeft)
	if c.Verdict == checker.Fail {
		p.wrapped(below+"promise: ", below+indent, c.Promise)
	}
	if c.Expected {
		p.line("%sthe scenario expects it to be broken", below)
	}
	p.wrapped(below, below, c.Reason)
	shown := len(c.Violations)
	if !p.whole {
		shown = min(shown, violationsShown)
	}
	for i := range c.Violations[:shown] {
		p.violation(&c.Violations[i], below)
	}
	if more := len(c.Violations) - shown; more > 0 {
		p.line("%s%d more in %s", below, more, checker.VerdictFile)
	}
}

func (p *screen) skipped(names []string, reason string) {
	below := strings.Repeat(" ", detailsLeft)
	text := strings.Join(names, ", ")
	if reason != "" {
		text += ": " + reason
	}
	p.wrapped(indent+p.mark(checker.Skipped), below, text)
}

// mark is a verdict's word in its column; a broken promise is written large, for logs without colour.
func (p *screen) mark(verdict checker.Word) string {
	word := string(verdict)
	if verdict == checker.Fail {
		word = strings.ToUpper(word)
	}
	padding := strings.Repeat(" ", max(markWidth-len(word), 1))
	return p.paint(string(verdict), word) + padding
}

// violation shows what went wrong, its first and worst case, then what led to the first one, in order.
func (p *screen) violation(v *checker.Violation, below string) {
	p.wrapped(below+wording.Plural(v.Count, "time")+": ", below+indent, v.What)
	deeper := below + indent
	first, worst := p.tell.Case(&v.First), p.tell.Case(&v.Worst)
	p.wrapped(deeper+"first ", deeper+indent, first)
	if worst != first {
		p.wrapped(deeper+"worst ", deeper+indent, worst)
	}
	for _, line := range storyOf(v, p.tell) {
		when := fmt.Sprintf("%*s", whenWidth, line.when)
		if line.broken {
			when = p.paint(string(checker.Fail), when)
		}
		p.wrapped(deeper+when+indent, deeper+strings.Repeat(" ", whenWidth)+indent, line.what)
	}
	if !p.whole && len(v.Operations)+len(v.Commits) > entriesShown || !p.whole && len(v.Rows) > rowsShown {
		p.line("%sthe others are in %s", deeper, checker.VerdictFile)
	}
}

// thresholds lists the scenario's bounds with what was measured.
func (p *screen) thresholds(v *checker.Verdict, run *evidence.Run) {
	for i := range v.Thresholds {
		t := &v.Thresholds[i]
		p.line("%s%s%-*s%*s", indent, p.mark(t.Verdict), nameWidth, t.Text, countWidth, wording.Measured(t, run))
		below := strings.Repeat(" ", detailsLeft)
		p.wrapped(below, below, t.Reason)
	}
}
