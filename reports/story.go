package reports

import (
	"fmt"

	"flashsale/checker"
	"flashsale/reports/timeline"
	"flashsale/reports/wording"
)

// storyLine is one thing that happened, and when.
type storyLine struct {
	when, what string
	broken     bool // it is where the promise was broken
}

// whenWidth holds an instant of a run of hours.
const whenWidth = 10

// storyOf tells the first case of a violation as whoever is woken by it needs to read it: who asked for what and what
// the database made of it, in order, then the rows as they were left.
func storyOf(v *checker.Violation, tell *wording.Narrator) []storyLine {
	about := wording.SubjectOf(v)
	var all []storyLine
	for _, e := range timeline.Around(timeline.Of(v, tell.Clock), entriesShown) {
		line := storyLine{when: wording.Instant(e.At)}
		if !e.Placed {
			line.when = ""
		}
		switch {
		case e.Broken != nil:
			line.what, line.broken = "BROKEN: found "+e.Broken.Found, true
		case e.Commit != nil:
			line.what = fmt.Sprintf("commit %d: %s", e.Commit.Position, tell.Commit(e.Commit, about))
		default:
			line.what = tell.Operation(e.Operation)
		}
		all = append(all, line)
	}
	for i := range v.Rows[:min(len(v.Rows), rowsShown)] {
		all = append(all, storyLine{when: "in the end", what: tell.Row(&v.Rows[i])})
	}
	return all
}
