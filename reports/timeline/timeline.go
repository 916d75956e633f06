// Package timeline puts in order what shows a violation: the requests as their clients saw them and the commits as the
// database made them, on the run's own clock. Requests stand where they were called. Commits stand in the database's
// order, which is exact, at the time at which they were decided, which a clock probe ties to the run's: a commit became
// visible a little after that, and before its answer if all is well.
package timeline

import (
	"cmp"
	"slices"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Entry is one request or one commit, or the instant at which the promise was broken; exactly one pointer is set.
type Entry struct {
	At, Until time.Duration // since the run's start: from call to return; of all else the same instant twice
	Placed    bool          // At is known; a commit's is not where no row or no probe tells it
	Operation *evidence.Operation
	Commit    *evidence.Commit
	Broken    *checker.Case
}

// Of orders what shows the first case of a violation, and marks the case itself, after all that is not later. Commits
// whose time nothing tells come last.
func Of(v *checker.Violation, clock measure.Clock) []Entry {
	commits := commitsOf(v, clock)
	entries := make([]Entry, 0, len(v.Operations)+len(commits))
	for i := range v.Operations {
		op := (*evidence.Operation)(&v.Operations[i])
		called, returned := time.Duration(op.Call), time.Duration(op.Return)
		entries = append(entries, Entry{At: called, Until: returned, Placed: true, Operation: op})
	}
	entries = append(entries, commits...)
	if at, placed := CaseTime(&v.First, clock); placed && len(entries) > 0 {
		entries = append(entries, Entry{At: at, Until: at, Placed: true, Broken: &v.First})
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		if a.Placed != b.Placed {
			return cmp.Compare(unplaced(a), unplaced(b))
		}
		return cmp.Compare(a.At, b.At)
	})
	return entries
}

func unplaced(e Entry) int {
	if e.Placed {
		return 0
	}
	return 1
}

// commitsOf lists the commits by position. None stands before the one that it follows, whatever its rows say: two
// products' transactions may be decided in another order than they commit in.
func commitsOf(v *checker.Violation, clock measure.Clock) []Entry {
	var all []Entry
	for i := range v.Commits {
		all = append(all, Entry{Commit: (*evidence.Commit)(&v.Commits[i])})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Commit.Position, b.Commit.Position) })
	last := int64(0)
	for i := range all {
		last = max(last, measure.DecidedAt(all[i].Commit))
		if last != 0 && clock.Known() {
			at := clock.SinceStart(last)
			all[i].At, all[i].Until, all[i].Placed = at, at, true
		}
	}
	return all
}

// CaseTime places a case on the run's clock; false if it bears no time that can be placed.
func CaseTime(c *checker.Case, clock measure.Clock) (time.Duration, bool) {
	switch {
	case c.AtNS != 0:
		return time.Duration(c.AtNS), true
	case c.AtUS != 0 && clock.Known():
		return clock.SinceStart(c.AtUS), true
	default:
		return 0, false
	}
}

// Around keeps at most n entries: what led to the broken promise, that, and the next one after it.
func Around(entries []Entry, n int) []Entry {
	if len(entries) <= n {
		return entries
	}
	broken := slices.IndexFunc(entries, func(e Entry) bool { return e.Broken != nil })
	end := min(max(broken+2, n), len(entries))
	return entries[end-n : end]
}
