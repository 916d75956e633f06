// Package compare lays runs side by side: the first is the baseline, and every other one is held against it. It says
// which promises no longer hold and which latencies and rates got worse by more than a limit. A figure that the
// baseline has and another run has not is no agreement: it leaves the comparison undecided.
package compare

import (
	"fmt"
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// RunsMax is how many runs can be told apart on one plot.
const RunsMax = 6

// Side is one run of a comparison.
type Side struct {
	Dir     string // as the user typed it
	Run     *evidence.Run
	Verdict *checker.Verdict
	Stats   measure.Stats
}

// Label is the letter of the nth run, from A.
func Label(n int) string { return string(rune('A' + n)) }

// Comparison is what side by side shows.
type Comparison struct {
	Sides    []Side
	Limit    float64 // the change for the worse that is let pass, as a share: 0.1 is 10 %
	Promises []Promise
	Metrics  []Metric
	Worse    []string // what got worse, one sentence each
	Doubts   []string // why the comparison proves less than it seems to, one sentence each
	missed   bool     // a metric got worse by more than the limit
	blind    bool     // what should be compared cannot be
}

// Promise is a check's answer in every run; empty where a run's checker did not know the check.
type Promise struct {
	Name     string
	Verdicts []checker.Word
	Differs  bool
}

// Of compares runs with the first of them.
func Of(sides []Side, limit float64) *Comparison {
	c := &Comparison{Sides: sides, Limit: limit}
	c.sameness()
	c.promises()
	for _, kind := range measure.PurchaseOrder() {
		c.kind(kind)
	}
	if !c.compared() {
		c.blind = true
		c.doubt("no latency and no rate could be compared")
	}
	return c
}

// ExitCode is the gate's answer: what the later runs' own verdicts say, then doubts, then what got worse.
func (c *Comparison) ExitCode() int {
	broken, undecided := false, c.blind || c.Sides[0].Verdict.ExitCode == checker.ExitUndecided
	for _, s := range c.Sides[1:] {
		broken = broken || s.Verdict.ExitCode == checker.ExitBroken
		undecided = undecided || s.Verdict.ExitCode == checker.ExitUndecided
	}
	switch {
	case broken:
		return checker.ExitBroken
	case undecided:
		return checker.ExitUndecided
	case c.missed:
		return checker.ExitThreshold
	default:
		return checker.ExitHeld
	}
}

func (c *Comparison) worse(format string, args ...any) {
	c.Worse = append(c.Worse, fmt.Sprintf(format, args...))
}

func (c *Comparison) doubt(format string, args ...any) {
	c.Doubts = append(c.Doubts, fmt.Sprintf(format, args...))
}

// sameness notes what makes runs hard to compare.
func (c *Comparison) sameness() {
	base := c.Sides[0]
	if base.Verdict.ExitCode == checker.ExitUndecided {
		c.doubt("the baseline is undecided: %s", wording.Or(strings.Join(base.Verdict.Reasons, "; "), "see its report"))
	}
	for i, s := range c.Sides[1:] {
		label := Label(i + 1)
		switch {
		case s.Run.Scenario != base.Run.Scenario:
			c.doubt("%s ran another scenario than A: %s, not %s", label, s.Run.Scenario, base.Run.Scenario)
		case s.Run.PlanHash != base.Run.PlanHash:
			c.doubt("%s had another plan than A: seed %d, not %d, or other settings", label, s.Run.Seed, base.Run.Seed)
		}
		if s.Run.Build.Platform != base.Run.Build.Platform {
			c.doubt("%s ran on %s, A on %s", label, s.Run.Build.Platform, base.Run.Build.Platform)
		}
	}
}

// promises lists every check that any run was held to, in the order in which they come up.
func (c *Comparison) promises() {
	at := make(map[string]int)
	for i, s := range c.Sides {
		for _, r := range s.Verdict.Checks {
			n, ok := at[r.Name]
			if !ok {
				n = len(c.Promises)
				at[r.Name] = n
				c.Promises = append(c.Promises, Promise{Name: r.Name, Verdicts: make([]checker.Word, len(c.Sides))})
			}
			c.Promises[n].Verdicts[i] = r.Verdict
		}
	}
	for i := range c.Promises {
		p := &c.Promises[i]
		for j, word := range p.Verdicts[1:] {
			p.Differs = p.Differs || word != p.Verdicts[0]
			if p.Verdicts[0] == checker.Pass && word != checker.Pass {
				c.worse("%s: passed in A, %s in %s", p.Name, wording.Or(string(word), "not asked"), Label(j+1))
			}
			if p.Verdicts[0] == checker.Undecided && word == checker.Fail {
				c.worse("%s: undecided in A, broken in %s", p.Name, Label(j+1))
			}
		}
	}
}
