package plots

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/timeline"
	"flashsale/reports/wording"
)

// How many violations get a timeline: the most frequent of each check, and of all checks so many.
const (
	timelinesPerCheck = 2
	timelinesMax      = 12
)

// lane is one operation, commit or row of a timeline.
type lane struct {
	label    string
	spans    []span
	from, to time.Duration // what must be in sight
	commit   bool          // drawn across the other lanes too: it changed what they could meet
}

// span is a part of a lane, coloured by what it means.
type span struct {
	from, to time.Duration // equal: an instant
	ink      draw.Ink
}

// violationFigures draws, for each way in which a promise was broken, the operations, commits and rows that show it.
func violationFigures(t times, run *evidence.Run, v *checker.Verdict) []Figure {
	tell := wording.NewNarrator(run)
	var figures []Figure
	for i := range v.Checks {
		c := &v.Checks[i]
		for j := range c.Violations[:min(len(c.Violations), timelinesPerCheck)] {
			lanes := lanesOf(&c.Violations[j], tell)
			if len(lanes) > 0 && len(figures) < timelinesMax {
				figures = append(figures, violationFigure(t, c, j, lanes, tell))
			}
		}
	}
	return figures
}

func violationFigure(t times, c *checker.Result, nth int, lanes []lane, tell *wording.Narrator) Figure {
	v := &c.Violations[nth]
	legend := laneLegend(lanes)
	at, placed := timeline.CaseTime(&v.First, tell.Clock)
	if placed {
		legend = append(legend, entry{ink: draw.Vermillion, name: "the violation", dashed: true})
	}
	mark := instant{at, placed}
	from, to := window(lanes, mark)
	t = t.within(from, to)
	height := float64(len(lanes))*laneHeight + underAxis + 20 + t.strip()
	return Figure{
		Name: fmt.Sprintf("violation-%s-%d", c.Name, nth+1), Title: c.Name, Check: c.Name, Nth: nth,
		Caption: fmt.Sprintf("%s First of %s: %s.", v.What, wording.Plural(v.Count, "time"), tell.Case(&v.First)),
		Alt: fmt.Sprintf("Timeline of the first case. %s Expected %s, found %s; %s, %s and rows, listed below.", v.What,
			v.First.Expected, v.First.Found, wording.Plural(int64(len(v.Operations)), "operation"),
			wording.Plural(int64(len(v.Commits)), "commit")),
		legend: t.legend(legend...), height: height,
		draw: func(s *draw.Sheet, area draw.Rect) { drawLanes(s, area, t, lanes, mark, from, to) },
	}
}

// laneLegend names the inks that a timeline uses.
func laneLegend(lanes []lane) []entry {
	used := make(map[draw.Ink]bool)
	for _, l := range lanes {
		for _, s := range l.spans {
			used[s.ink] = true
		}
	}
	all := []entry{{ink: draw.Sky, name: "answered ok"}, {ink: draw.Grey, name: "refused"},
		{ink: draw.Purple, name: "outcome unknown"}, {ink: draw.Orange, name: "reserved"}, {ink: draw.Blue, name: "sold"},
		{ink: draw.Green, name: committed(lanes)}}
	return slices.DeleteFunc(all, func(e entry) bool { return !used[e.ink] })
}

// committed says what a green dot stands for.
func committed(lanes []lane) string {
	if slices.ContainsFunc(lanes, func(l lane) bool { return l.commit }) {
		return "commit, when it was decided"
	}
	return "row written"
}

// lanesOf lists what shows a violation, in order of time.
func lanesOf(v *checker.Violation, tell *wording.Narrator) []lane {
	var lanes []lane
	about := wording.SubjectOf(v)
	for _, e := range timeline.Of(v, tell.Clock) {
		switch {
		case e.Operation != nil:
			lanes = append(lanes, operationLane(e.Operation))
		case e.Commit != nil && e.Placed:
			label := fmt.Sprintf("commit %d: %s", e.Commit.Position, tell.Commit(e.Commit, about))
			lanes = append(lanes, lane{label: label, from: e.At, to: e.At, spans: []span{{e.At, e.At, draw.Green}}, commit: true})
		}
	}
	for i := range v.Rows {
		if l, ok := rowLane(&v.Rows[i], tell, len(v.Commits) > 0); ok && tell.Clock.Known() {
			lanes = append(lanes, l)
		}
	}
	slices.SortStableFunc(lanes, func(a, b lane) int { return cmp.Compare(a.from, b.from) })
	return lanes
}

func operationLane(op *evidence.Operation) lane {
	ink := draw.Sky
	switch op.Outcome {
	case evidence.Refused:
		ink = draw.Grey
	case evidence.Unknown:
		ink = draw.Purple
	}
	from, to := time.Duration(op.Call), time.Duration(op.Return)
	return lane{label: wording.ShortOperation(op), from: from, to: to, spans: []span{{from, to, ink}}}
}

// rowLane tells a row's life, as far as its times tell it. A product's row has none; where commits are shown they say
// all that the times of an order or an event would.
func rowLane(r *checker.Row, tell *wording.Narrator, committed bool) (lane, bool) {
	switch {
	case r.Hold != nil && r.Hold.CreatedAt != 0:
		return holdLane(r, tell), true
	case committed:
		return lane{}, false
	case r.Order != nil && r.Order.CreatedAt != 0:
		return instantsLane(tell.Row(r), tell.Clock, r.Order.CreatedAt, r.Order.UpdatedAt), true
	case r.Event != nil && r.Event.CreatedAt != 0:
		return instantsLane(tell.Row(r), tell.Clock, r.Event.CreatedAt, 0), true
	default:
		return lane{}, false
	}
}

// holdLane shows when a hold had its units reserved, and from when on they were sold.
func holdLane(r *checker.Row, tell *wording.Narrator) lane {
	h, clock := r.Hold, tell.Clock
	granted, end := clock.SinceStart(h.CreatedAt), clock.SinceStart(h.ExpiresAt)
	l := lane{label: tell.Row(r), from: granted, to: granted}
	updated := clock.SinceStart(h.UpdatedAt)
	switch h.Status {
	case "completed":
		end = min(end, updated)
		l.spans = []span{{granted, end, draw.Orange}, {updated, forever, draw.Blue}}
		l.to = updated
	case "canceled":
		end = min(end, updated)
		l.spans, l.to = []span{{granted, end, draw.Orange}}, end
	default:
		l.spans = []span{{granted, end, draw.Orange}}
	}
	return l
}

// forever is later than every run ends.
const forever = time.Duration(1<<63 - 1)

func instantsLane(label string, clock measure.Clock, created, updated int64) lane {
	at := clock.SinceStart(created)
	l := lane{label: label, from: at, to: at, spans: []span{{at, at, draw.Green}}}
	if updated > created {
		l.to = clock.SinceStart(updated)
		l.spans = append(l.spans, span{l.to, l.to, draw.Green})
	}
	return l
}
