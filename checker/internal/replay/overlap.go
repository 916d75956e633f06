package replay

import "flashsale/internal/evidence"

// relation is what one change tells of its commit and the seeded rows.
type relation int

const (
	unclear   relation = iota
	contained          // the rows contain the commit
	fresh              // they do not, and so none that follows
)

// contains tells whether the seeded rows already contain a commit. A log is joined by noting its position first and
// reading the rows after that, from one snapshot, so the rows contain the first commits of the log up to some one
// and none after it. The first change that tells decides: what a commit does to a row for the second time finds it
// as the commit itself has left it.
//
// A commit that shows nothing is about rows that were forgotten. It is left out: had it been new, a later change
// will not find the rows as it should, and that is a hole in the log; but to count it twice would accuse somebody.
func (m *Machine) contains(c *evidence.Commit) bool {
	for i := range c.Changes {
		switch m.relate(&c.Changes[i]) {
		case contained:
			return true
		case fresh:
			m.joining = false
			return false
		}
	}
	return m.forgetful()
}

// Joined says that no commit from here on is in the seeded rows: the log was at least as long as it is now when they
// were read. A row that is not as a change finds it is a hole in the log from here on.
func (m *Machine) Joined() { m.joining = false }

// relate compares a change with the row as it was seeded. A row that is no longer as the change found it has been
// through the change: states of holds and orders never come back, and a product's row bears the time of its last
// change.
func (m *Machine) relate(c *evidence.Change) relation {
	id := max(c.Before.ID, c.After.ID)
	switch c.Table {
	case evidence.TableProducts:
		if p := m.product(id); p != nil {
			return relationOf(c.Before.ID != 0 && p.is(&c.Before), c.Before != c.After)
		}
	case evidence.TableHolds:
		if h := m.holds.find(id); h != nil {
			return relationOf(h.state == stateOf(parseHold, &c.Before), c.Before.Status != c.After.Status)
		}
		return m.relateUnknown(c)
	case evidence.TableOrders:
		if o := m.orders.find(id); o != nil {
			return relationOf(o.state == stateOf(parseOrder, &c.Before), c.Before.Status != c.After.Status)
		}
	case evidence.TableEvents:
		if m.memory != nil && m.memory.keys[c.Table].ids[c.After.Key] == id {
			return contained
		}
	}
	return unclear
}

func relationOf(asBefore, changed bool) relation {
	switch {
	case !asBefore:
		return contained
	case changed:
		return fresh
	}
	return unclear
}

// relateUnknown judges by a hold that is not known. One that was reserved would be, so it is settled by now; one
// that is inserted was not there when the rows were read if none was forgotten, or if its id is past all of them.
func (m *Machine) relateUnknown(c *evidence.Change) relation {
	switch {
	case c.Before.ID == 0 && (!m.forgetful() || c.After.ID > m.newestSeeded):
		return fresh
	case c.Before.ID != 0 && parseHold(c.Before.Status).reserves():
		return contained
	}
	return unclear
}

// stateOf is the state of a row in an image; that of an image of nothing is zero.
func stateOf[S holdState | orderState](parse func(string) S, row *evidence.Image) S {
	if row.ID == 0 {
		return 0
	}
	return parse(row.Status)
}
