package checker

import "flashsale/checker/internal/history"

// owners remembers for ids of holds or orders the first call that claimed each.
type owners struct {
	rows   *history.IDs
	byRow  []uint32         // the call's number plus one; 0: nobody's
	byName map[int64]uint32 // ids that no row has
}

func newOwners(rows *history.IDs, n int) *owners {
	return &owners{rows: rows, byRow: make([]uint32, n), byName: make(map[int64]uint32)}
}

// claim returns the call that claimed an id first: this one, if none did before.
func (o *owners) claim(id int64, call uint32) uint32 {
	if row := o.rows.Find(id); row != history.None {
		if o.byRow[row] == 0 {
			o.byRow[row] = call + 1
		}
		return o.byRow[row] - 1
	}
	if owner, known := o.byName[id]; known {
		return owner
	}
	o.byName[id] = call
	return call
}
