package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sampleCommit is commit number position of a run in which every commit takes a hold and changes the
// product; every tenth one serves a batch of many.
func sampleCommit(position int64) Commit {
	holds := int64(1)
	if position%10 == 0 {
		holds = 40
	}
	product := Image{ID: 1, Price: 100, StockTotal: 1 << 40, StockHeld: position, UpdatedAt: 1_700_000_000_000_000 + position}
	after := product
	after.StockHeld += holds
	c := Commit{Position: position, Log: fmt.Sprintf("bin.%06d", 1+position/1000), End: 4 + position*700}
	for hold := range holds {
		c.Changes = append(c.Changes, Change{Table: TableHolds, After: Image{
			ID: position*100 + hold, ProductID: 1, Qty: 1, Status: "active", Key: fmt.Sprintf("run-b%d-hold", position*100+hold),
			ExpiresAt: 1_700_000_120_000_000 + position, CreatedAt: 1_700_000_000_000_000 + position,
		}})
	}
	return Commit{Position: c.Position, Log: c.Log, End: c.End,
		Changes: append(c.Changes, Change{Table: TableProducts, Before: product, After: after})}
}

func writeCommits(t testing.TB, dir, runID string, commits ...Commit) {
	t.Helper()
	w, err := CreateCommits(dir, runID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commits {
		if err := w.Append(c); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.Close(); err != nil || n != int64(len(commits)) {
		t.Fatalf("closed with %d transactions, %v", n, err)
	}
}

func readAllCommits(dir, runID string) (all []Commit, err error) {
	err = ReadCommits(dir, runID, func(batch []Commit) error {
		for _, c := range batch {
			c.Changes = slices.Clone(c.Changes)
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// Whoever names columns gets whole commits all the same: positions, tables and ids are always read.
func TestOnlyTheNamedColumnsOfCommitsAreRead(t *testing.T) {
	dir := t.TempDir()
	whole := sampleCommit(1)
	writeCommits(t, dir, "r1", whole)
	want := Commit{Position: 1}
	for _, c := range whole.Changes {
		want.Changes = append(want.Changes, Change{Table: c.Table, Before: Image{ID: c.Before.ID},
			After: Image{ID: c.After.ID, Qty: c.After.Qty}})
	}
	err := ReadCommits(dir, "r1", func(batch []Commit) error {
		if len(batch) != 1 || !reflect.DeepEqual(batch[0], want) {
			t.Errorf("read %+v, want %+v", batch, want)
		}
		return nil
	}, "after.qty")
	if err != nil {
		t.Error(err)
	}
}

func TestCommitsRoundTrip(t *testing.T) {
	huge := Commit{Position: 1, Log: "bin.000001", End: 99}
	for id := int64(1); id <= 3*batchRows; id++ {
		huge.Changes = append(huge.Changes, Change{Table: TableOrders, Before: Image{ID: id, Status: "pending"}})
	}
	many := make([]Commit, 20_000)
	for i := range many {
		many[i] = sampleCommit(int64(i + 1))
	}
	for name, want := range map[string][]Commit{"none": nil, "one": many[:1], "many": many, "huge": {huge}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeCommits(t, dir, "r1", want...)
			got, err := readAllCommits(dir, "r1")
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("read %d of %d", len(got), len(want))
			}
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("commit %d: %+v", i+1, got[i])
				}
			}
		})
	}
}

// faultyRows are commit logs that no honest run leaves behind, as rows of the file.
var faultyRows = []struct {
	name string
	rows []changeRow
	says string
}{
	{"a hole", []changeRow{insertRow(1), insertRow(3)}, "row 2: commit 3 follows 1"},
	{"a step back", []changeRow{insertRow(1), insertRow(2), insertRow(1)}, "row 3: commit 1 follows 2"},
	{"a late start", []changeRow{insertRow(2)}, "row 1: commit 2 follows 0"},
	{"before the first", []changeRow{insertRow(0)}, "row 1: commit 0 follows 0"},
	{"an unknown table", []changeRow{{Position: 1, Table: "users", After: Image{ID: 1}}}, `no such table: "users"`},
	{"another row", []changeRow{{Position: 1, Table: TableHolds, Before: Image{ID: 1}, After: Image{ID: 2}}}, "row 1 becomes row 2"},
	{"no row", []changeRow{{Position: 1, Table: TableHolds}}, "a row without an id"},
	{"half a row", []changeRow{{Position: 1, Table: TableHolds, Before: Image{Qty: 1}, After: Image{ID: 2}}}, "half a row"},
	{"two ends", []changeRow{insertRow(1), {Position: 1, Log: "bin.000002", Table: TableHolds, After: Image{ID: 2}}}, "ends in two places"},
}

func insertRow(position int64) changeRow {
	return changeRow{Position: position, Table: TableHolds, After: Image{ID: 7}}
}

func TestFaultyCommitLogsAreDamaged(t *testing.T) {
	for _, test := range faultyRows {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			file, err := createParquet[changeRow](filepath.Join(dir, CommitsFile), "r1", "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = file.rows.Write(test.rows)
			if err := errors.Join(err, file.close()); err != nil {
				t.Fatal(err)
			}
			_, err = readAllCommits(dir, "r1")
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), CommitsFile) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want the file's name and %q", err, test.says)
			}
		})
	}
}

func TestCommitsThatCannotBeReadAreNotWritten(t *testing.T) {
	dir := t.TempDir()
	w, err := CreateCommits(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	insert := []Change{{Table: TableHolds, After: Image{ID: 1}}}
	for name, c := range map[string]Commit{
		"empty":            {Position: 1},
		"not the next one": {Position: 2, Changes: insert},
		"unknown table":    {Position: 1, Changes: []Change{{Table: "users", After: Image{ID: 1}}}},
		"too large":        {Position: 1, Changes: make([]Change, MaxChanges+1)},
	} {
		if err := w.Append(c); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if err := w.Append(Commit{Position: 1, Changes: insert}); err != nil {
		t.Error(err)
	}
	if n, err := w.Close(); n != 1 || err != nil {
		t.Errorf("closed with %d transactions, %v", n, err)
	}
	if err := w.Append(Commit{Position: 2, Changes: insert}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestReadCommitsSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if err := ReadCommits(dir, "r1", nil); !errors.Is(err, ErrMissing) {
		t.Errorf("no file: %v", err)
	}
	writeCommits(t, dir, "r1", sampleCommit(1), sampleCommit(2))
	if err := ReadCommits(dir, "r2", nil); !errors.Is(err, ErrForeign) {
		t.Errorf("of another run: %v", err)
	}
	stop := errors.New("enough")
	if err := ReadCommits(dir, "r1", func([]Commit) error { return stop }); err != stop {
		t.Errorf("the callback's error came back as %v", err)
	}
	path := filepath.Join(dir, CommitsFile)
	if err := os.Truncate(path, 900); err != nil {
		t.Fatal(err)
	}
	if err := ReadCommits(dir, "r1", nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut off: %v", err)
	}
}
