package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

const (
	exhibitsMax = 8  // operations, commits and rows that are shown with one violation, each
	changesMax  = 16 // changes that are shown of one commit: one of a storm has hundreds
)

// shelf gathers the exhibit of one violation.
type shelf struct {
	*accusation
	ops     map[uint32]bool
	commits map[int64]bool
	matches int // operations that were not asked for by id
	changed int // commits that were not asked for by position
	rows    map[rowRef]*Row
	made    map[rowRef]bool // the rows that commits asked for by position changed
}

func newShelf(a *accusation) *shelf {
	s := &shelf{
		accusation: a, ops: make(map[uint32]bool), commits: make(map[int64]bool), rows: make(map[rowRef]*Row),
		made: make(map[rowRef]bool),
	}
	a.Operations, a.Commits, a.Rows = []Operation{}, []Commit{}, []Row{}
	for _, id := range a.shown.ops[:min(len(a.shown.ops), exhibitsMax)] {
		s.ops[id] = true
	}
	for _, position := range a.shown.commits[:min(len(a.shown.commits), exhibitsMax)] {
		s.commits[position] = true
	}
	for _, row := range a.shown.rows[:min(len(a.shown.rows), exhibitsMax)] {
		s.rows[row] = nil
	}
	return s
}

func (s *shelf) offerOperation(op *evidence.Operation) {
	switch {
	case len(s.Operations) == exhibitsMax:
		return
	case s.ops[uint32(op.ID)]:
	case len(s.ops)+s.matches < exhibitsMax && s.matching(op):
		s.matches++
	default:
		return
	}
	s.Operations = append(s.Operations, Operation(*op))
}

// matching tells whether an operation shows the case; where nobody said which ones do, it is the writes that concern
// the rows of its commits.
func (s *shelf) matching(op *evidence.Operation) bool {
	if s.shown.match != nil {
		return s.shown.match(op)
	}
	switch op.Kind {
	case evidence.CreateHold:
		return s.made[holdRow(op.GotHoldID)]
	case evidence.CreateOrder:
		return s.made[holdRow(op.HoldID)] || s.made[orderRow(op.GotOrderID)]
	case evidence.SendWebhook:
		return s.made[orderRow(op.OrderID)]
	default:
		return false
	}
}

func (s *shelf) offerCommit(c *evidence.Commit) {
	switch {
	case len(s.Commits) == exhibitsMax:
		return
	case s.commits[c.Position]:
		for _, change := range c.Changes {
			s.made[rowRef{change.Table, max(change.Before.ID, change.After.ID)}] = true
		}
	case len(s.commits)+s.changed < exhibitsMax && slices.ContainsFunc(c.Changes, s.concerns):
		s.changed++
	default:
		return
	}
	s.Commits = append(s.Commits, s.excerpt(c))
}

// concerns tells whether a change is one of a row that is shown. Products change in every commit, and prove
// nothing by that.
func (s *shelf) concerns(c evidence.Change) bool {
	return c.Table != evidence.TableProducts && s.asks(c)
}

func (s *shelf) asks(c evidence.Change) bool {
	_, shown := s.rows[rowRef{c.Table, max(c.Before.ID, c.After.ID)}]
	return shown
}

// excerpt copies a commit. Of one that changed more than can be shown it keeps the rows that the violation is
// about, and then the first others.
func (s *shelf) excerpt(c *evidence.Commit) Commit {
	shown := Commit{Position: c.Position, Log: c.Log, End: c.End}
	room := changesMax
	for _, change := range c.Changes {
		if s.asks(change) {
			room--
		}
	}
	for _, change := range c.Changes {
		asked := s.asks(change)
		if !asked && room <= 0 || len(shown.Changes) == changesMax {
			continue
		}
		if !asked {
			room--
		}
		shown.Changes = append(shown.Changes, change)
	}
	return shown
}

// arrange puts operations in the order of their calls, and rows in the order in which they were named.
func (s *shelf) arrange() {
	slices.SortFunc(s.Operations, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.ID, b.ID))
	})
	for _, ref := range s.shown.rows[:min(len(s.shown.rows), exhibitsMax)] {
		if row := s.rows[ref]; row != nil {
			s.Rows = append(s.Rows, *row)
			s.rows[ref] = nil // named twice, shown once
		}
	}
}
