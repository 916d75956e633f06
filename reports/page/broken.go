package page

import (
	"fmt"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/plots"
	"flashsale/reports/timeline"
	"flashsale/reports/wording"
)

// brokenPromises shows every violation, with its timeline if it has one.
func brokenPromises(fonts *draw.Fonts, run *evidence.Run, v *checker.Verdict, figures []plots.Figure) []broken {
	tell := wording.NewNarrator(run)
	var all []broken
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Verdict != checker.Fail {
			continue
		}
		b := broken{Name: c.Name, Sentence: c.Promise, Expected: c.Expected}
		for j := range c.Violations {
			shown := violationOf(&c.Violations[j], tell)
			for k := range figures {
				if figures[k].Check == c.Name && figures[k].Nth == j {
					shown.Timeline = newFigure(fonts, &figures[k])
				}
			}
			b.Violations = append(b.Violations, shown)
		}
		all = append(all, b)
	}
	return all
}

func violationOf(v *checker.Violation, tell *wording.Narrator) violation {
	shown := violation{What: wording.Printable(v.What), Times: wording.Plural(v.Count, "time"),
		First: wording.Printable(tell.Case(&v.First)), Worst: wording.Printable(tell.Case(&v.Worst))}
	if shown.Worst == shown.First {
		shown.Worst = ""
	}
	about := wording.SubjectOf(v)
	for _, e := range timeline.Of(v, tell.Clock) {
		shown.Story = append(shown.Story, storyEntry(e, tell, about))
	}
	for i := range v.Rows {
		shown.Rows = append(shown.Rows, rowOf(&v.Rows[i], tell))
	}
	return shown
}

// storyEntry shows one request or commit, with what it takes to look it up.
func storyEntry(e timeline.Entry, tell *wording.Narrator, about wording.Subject) event {
	shown := event{}
	if e.Placed {
		shown.At = wording.Instant(e.At)
	}
	if e.Broken != nil {
		shown.Mark, shown.Name = "broken", "broken"
		shown.Text = wording.Printable(fmt.Sprintf("expected %s, found %s", e.Broken.Expected, e.Broken.Found))
		return shown
	}
	if c := e.Commit; c != nil {
		shown.Mark, shown.Name = "commit", fmt.Sprintf("commit %d", c.Position)
		shown.Text = wording.Printable(tell.Commit(c, about))
		shown.Note = wording.Printable(fmt.Sprintf("binlog %s up to %d", c.Log, c.End))
		return shown
	}
	op := e.Operation
	shown.Mark, shown.Text = op.Outcome, wording.Printable(wording.ShortOperation(op))
	ended := "answer at"
	if op.Outcome == evidence.Unknown {
		ended = "given up at"
	}
	shown.Note = fmt.Sprintf("%s %s, after %s; operation %d", ended, wording.Instant(e.Until),
		wording.Latency(e.Until-e.At), op.ID)
	shown.Key = wording.Printable(tell.Key(op.Key))
	return shown
}

// rowOf shows a row with its times on the run's own clock, as far as the row and the clock tell them.
func rowOf(r *checker.Row, tell *wording.Narrator) row {
	shown := row{Text: wording.Printable(tell.Row(r))}
	if !tell.Clock.Known() {
		return shown
	}
	created, updated := rowTimes(r)
	if created != 0 {
		shown.At = wording.Instant(tell.Clock.SinceStart(created))
	}
	if updated > created {
		shown.Later = "last changed at " + wording.Instant(tell.Clock.SinceStart(updated))
	}
	return shown
}

// rowTimes are a row's times in database microseconds; 0 where the table has none.
func rowTimes(r *checker.Row) (created, updated int64) {
	switch {
	case r.Hold != nil:
		return r.Hold.CreatedAt, r.Hold.UpdatedAt
	case r.Order != nil:
		return r.Order.CreatedAt, r.Order.UpdatedAt
	case r.Event != nil:
		return r.Event.CreatedAt, r.Event.UpdatedAt
	default:
		return 0, 0 // a product's row was there before the run
	}
}
