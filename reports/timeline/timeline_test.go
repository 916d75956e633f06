package timeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

const epoch = int64(1_740_825_000_000_000)

func clock() measure.Clock { return measure.NewClock([]evidence.ClockProbe{{Database: epoch}}) }

// commit was decided so many milliseconds into the run; none if 0.
func commit(position, ms int64) checker.Commit {
	row := evidence.Image{ID: position}
	if ms != 0 {
		row.UpdatedAt = epoch + ms*1000
	}
	return checker.Commit{Position: position, Changes: []evidence.Change{{Table: evidence.TableHolds, After: row}}}
}

func operation(id, call, ret int64) checker.Operation {
	return checker.Operation{ID: id, Call: call * 1e6, Return: ret * 1e6}
}

// told names entries in order: operations and commits by number, and X for the case.
func told(entries []Entry) string {
	var all []string
	for _, e := range entries {
		switch {
		case e.Operation != nil:
			all = append(all, fmt.Sprintf("o%d", e.Operation.ID))
		case e.Commit != nil:
			all = append(all, fmt.Sprintf("c%d", e.Commit.Position))
		default:
			all = append(all, "X")
		}
	}
	return strings.Join(all, " ")
}

func TestOrder(t *testing.T) {
	v := &checker.Violation{
		First:      checker.Case{AtUS: epoch + 30_000},
		Operations: []checker.Operation{operation(2, 20, 50), operation(1, 10, 40), operation(3, 35, 36)},
		Commits:    []checker.Commit{commit(7, 31), commit(6, 30), commit(5, 15)},
	}
	if got, want := told(Of(v, clock())), "o1 c5 o2 c6 X c7 o3"; got != want {
		t.Errorf("order is %s, want %s", got, want)
	}
	// Without a probe nothing ties the database's times to the run's: commits and case have no place.
	entries := Of(v, measure.NewClock(nil))
	if got, want := told(entries), "o1 o2 o3 c5 c6 c7"; got != want {
		t.Errorf("order is %s, want %s", got, want)
	}
	if slices.IndexFunc(entries, func(e Entry) bool { return !e.Placed }) != 3 {
		t.Error("commits have a time that nothing tells")
	}
	if got := Of(&checker.Violation{First: v.First}, clock()); len(got) != 0 {
		t.Errorf("a case alone is a timeline: %s", told(got))
	}
}

// The database's order holds, whatever times two products' transactions or rows without any time say.
func TestCommitsKeepTheirOrder(t *testing.T) {
	v := &checker.Violation{Commits: []checker.Commit{commit(1, 20), commit(2, 10), commit(3, 0), commit(4, 25)},
		Operations: []checker.Operation{operation(1, 15, 16), operation(2, 22, 23)}}
	if got, want := told(Of(v, clock())), "o1 c1 c2 c3 o2 c4"; got != want {
		t.Errorf("order is %s, want %s", got, want)
	}
}

func TestAround(t *testing.T) {
	v := &checker.Violation{First: checker.Case{AtNS: 45e6}}
	for id := range int64(9) {
		v.Operations = append(v.Operations, operation(id, id*10, id*10+1))
	}
	for n, want := range map[int]string{4: "o3 o4 X o5", 20: "o0 o1 o2 o3 o4 X o5 o6 o7 o8"} {
		if got := told(Around(Of(v, clock()), n)); got != want {
			t.Errorf("of %d: %s, want %s", n, got, want)
		}
	}
	v.First.AtNS = 0
	if got, want := told(Around(Of(v, clock()), 3)), "o0 o1 o2"; got != want {
		t.Errorf("without a time: %s, want %s", got, want)
	}
	v.First.AtNS = 500e6
	if got, want := told(Around(Of(v, clock()), 3)), "o7 o8 X"; got != want {
		t.Errorf("at the end: %s, want %s", got, want)
	}
}
