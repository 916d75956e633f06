package page

import (
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// brokenPromises shows every violation, with its timeline if it has one.
func brokenPromises(fonts *draw.Fonts, run *evidence.Run, v *checker.Verdict, figures []plots.Figure) []broken {
	clock := measure.NewClock(run.Probes)
	var all []broken
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Verdict != checker.Fail {
			continue
		}
		b := broken{Name: c.Name, Sentence: c.Promise, Expected: c.Expected}
		for j := range c.Violations {
			shown := violationOf(&c.Violations[j], clock)
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

func violationOf(v *checker.Violation, clock measure.Clock) violation {
	shown := violation{What: wording.Printable(v.What), Times: wording.Plural(v.Count, "time"),
		First: wording.Printable(wording.Case(&v.First)), Worst: wording.Printable(wording.Case(&v.Worst))}
	if shown.Worst == shown.First {
		shown.Worst = ""
	}
	for i := range v.Operations {
		op := (*evidence.Operation)(&v.Operations[i])
		shown.Operations = append(shown.Operations, operation{
			At: wording.Latency(time.Duration(op.Call)), Took: wording.Latency(time.Duration(op.Return - op.Call)),
			Text: wording.Printable(wording.ShortOperation(op)), Key: wording.Printable(op.Key)})
	}
	for i := range v.Rows {
		shown.Rows = append(shown.Rows, rowOf(&v.Rows[i], clock))
	}
	return shown
}

// rowOf shows a row with its times on the run's own clock, as far as the row and the clock tell them.
func rowOf(r *checker.Row, clock measure.Clock) row {
	shown := row{Text: wording.Printable(strings.TrimPrefix(wording.Row(r), "row: "))}
	if !clock.Known() {
		return shown
	}
	at := func(us int64) string { return wording.Latency(clock.SinceStart(us)) }
	var later []string
	created, updated, expires := rowTimes(r)
	if created != 0 {
		shown.At = at(created)
	}
	if updated > created {
		later = append(later, "last changed at "+at(updated))
	}
	if expires != 0 {
		later = append(later, "expires at "+at(expires))
	}
	shown.Later = strings.Join(later, ", ")
	return shown
}

// rowTimes are a row's times in database microseconds; 0 where the table has none.
func rowTimes(r *checker.Row) (created, updated, expires int64) {
	switch {
	case r.Hold != nil:
		return r.Hold.CreatedAt, r.Hold.UpdatedAt, r.Hold.ExpiresAt
	case r.Order != nil:
		return r.Order.CreatedAt, r.Order.UpdatedAt, 0
	case r.Event != nil:
		return r.Event.CreatedAt, r.Event.UpdatedAt, 0
	default:
		return 0, 0, 0 // a product's row was there before the run
	}
}
