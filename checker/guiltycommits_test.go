package checker

import (
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// Crimes that only the commit log shows: the tables at the end are those of an honest day.

func guiltyCommits() []guilty {
	stores := func(table, key string) func(evidence.Change) bool {
		return func(c evidence.Change) bool { return c.Table == table && c.Before.ID == 0 && c.After.Key == key }
	}
	return []guilty{
		{"the event commits after its effects", "event-atomic", "", func() *Evidence {
			s := day()
			return split(s.logged(s.rest()), stores(evidence.TableEvents, "e1"))
		}},
		{"a counter that heals", "sold-matches-paid", "", func() *Evidence {
			s := day()
			ev := s.logged(s.rest())
			return split(ev, func(c evidence.Change) bool {
				return c.Table == evidence.TableProducts && c.After.StockSold > c.Before.StockSold
			})
		}},
		{"an order goes back and forth", "legal-transitions", "", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answered)
			o := s.orders[0]
			o.Status = "canceled"
			s.commit()
			o.Status = "paid"
			s.commit()
			return s.logged(s.rest())
		}},
	}
}

// What the replay finds is shown with its commits, and with the operations behind them.
func TestReplayFindingsShowTheirCommits(t *testing.T) {
	for _, g := range guiltyCommits() {
		v := word(t, Judge(g.build()), g.check).Violations[0]
		if len(v.Commits) == 0 || len(v.Operations) == 0 || len(v.Rows) == 0 || v.First.AtUS == 0 {
			t.Errorf("%s: %d commits, %d operations, %d rows: %+v", g.name, len(v.Commits), len(v.Operations), len(v.Rows), v.First)
		}
	}
}

// A commit log that is not whole decides nothing, and accuses nobody.
func TestAnUnfitCommitLogIsUndecided(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Evidence)
		why   string
	}{
		{"a commit is missing", func(ev *Evidence) {
			ev.Commits = append(ev.Commits[:3], ev.Commits[4:]...)
			declareCommits(ev)
		}, "the commit log"},
		{"the last commits are missing", func(ev *Evidence) {
			ev.Commits = ev.Commits[:len(ev.Commits)-2]
			declareCommits(ev)
		}, "does not lead"},
		{"the tables are others", func(ev *Evidence) { ev.Final.Orders[1].Status = "paid" }, "does not lead"},
		{"no starting tables", func(ev *Evidence) {
			ev.Start, ev.Run.Declared.StartTables = nil, nil
		}, "without the starting tables"},
	}
	for _, test := range tests {
		s := day()
		ev := s.logged(s.rest())
		test.spoil(ev)
		v := Judge(ev)
		r := word(t, v, "event-atomic")
		if r.Verdict != Undecided || !strings.Contains(r.Reason, test.why) || !strings.Contains(strings.Join(v.Reasons, "\n"), test.why) {
			t.Errorf("%s: %s (%s), %v", test.name, r.Verdict, r.Reason, v.Reasons)
		}
		if r := word(t, v, "stock-never-oversold"); r.Verdict == Fail {
			t.Errorf("%s: an innocent shop is accused: %+v", test.name, r.Violations)
		}
	}
}

// An ordinary day with its commit log exercises every check, and every one of them is decided.
func TestAnOrdinaryDayWithCommitsPasses(t *testing.T) {
	s := day()
	v := Judge(s.logged(s.rest()))
	for _, r := range v.Checks {
		if r.Verdict != Pass {
			t.Errorf("%s: %s, exercised %d, %s %+v", r.Name, r.Verdict, r.Exercised, r.Reason, r.Violations)
		}
	}
	if v.ExitCode != ExitHeld {
		t.Errorf("exit code %d, %v", v.ExitCode, v.Reasons)
	}
}
