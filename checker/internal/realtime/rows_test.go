package realtime

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// change of a row, as the test keeps it.
type turn struct {
	at    Position
	id    int64
	state uint8
}

// Rows agree with a plain list of changes, whatever the ids.
func TestRowsAgreeWithAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows Rows
		var turns []turn
		ids := rapid.SampledFrom([]int64{1, 2, 3, 70_000, -5, math.MaxInt64, math.MinInt64, 1 << 40})
		state := rapid.Uint8Range(0, 3)
		at := Position(0)
		for range rapid.IntRange(0, 30).Draw(t, "changes") {
			at += rapid.Uint32Range(0, 2).Draw(t, "later")
			x := turn{at, ids.Draw(t, "id"), state.Draw(t, "state")}
			rows.Set(x.id, x.at, x.state)
			turns = append(turns, x)
		}
		id := ids.Draw(t, "asked")
		w := Window{Low: rapid.Uint32Range(0, at+1).Draw(t, "low"), High: rapid.Uint32Range(0, at+1).Draw(t, "high")}
		wanted := StateSet(state.Draw(t, "wanted"))
		want, found := Position(0), false
		for p := w.Low; p <= w.High && !found; p++ {
			want, found = p, wanted.Has(stateAt(turns, id, p))
			if got := rows.State(id, p); got != stateAt(turns, id, p) {
				t.Fatalf("state of %d at %d: %d of %+v", id, p, got, turns)
			}
		}
		if got, ok := rows.First(id, w, wanted); ok != found || ok && got != want {
			t.Fatalf("first %d %v, want %d %v: %+v of %d in %+v", got, ok, want, found, w, id, turns)
		}
	})
}

func stateAt(turns []turn, id int64, at Position) uint8 {
	for _, x := range slices.Backward(turns) {
		if x.id == id && x.at <= at {
			return x.state
		}
	}
	return Absent
}

func TestRowsInsideACommit(t *testing.T) {
	var rows Rows
	rows.Set(1, 5, 1)
	rows.Set(1, 8, 3) // from 1 to 3, over 2
	between := func(from, to uint8) (set States) {
		for s := from; s <= to; s++ {
			set |= StateSet(s)
		}
		return set
	}
	for name, c := range map[string]struct {
		window Window
		wanted uint8
		want   Position
		ok     bool
	}{
		"a state in between":                   {Window{5, 9}, 2, 7, true},
		"the commit is not all in the window":  {Window{5, 7}, 2, 0, false},
		"the commit was seen before":           {Window{8, 9}, 2, 0, false},
		"the state before, at its own time":    {Window{5, 9}, 1, 5, true},
		"the state after, decided in the same": {Window{6, 9}, 3, 7, true},
		"absent before it came":                {Window{0, 4}, 0, 0, true},
		"here already":                         {Window{5, 9}, 0, 0, false},
	} {
		if at, ok := rows.FirstInside(1, c.window, StateSet(c.wanted), between); at != c.want || ok != c.ok {
			t.Errorf("%s: %d %v", name, at, ok)
		}
	}
	if rows.Inserted(1) != 5 || rows.Inserted(2) != Never {
		t.Error("insertions are wrong")
	}
}
