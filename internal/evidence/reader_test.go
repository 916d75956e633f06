package evidence

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"go.uber.org/goleak"
)

// The reader finds columns by reflection, the writer by the library's: they must agree.
func TestLayoutIsTheSchema(t *testing.T) {
	for _, row := range []any{Operation{}, changeRow{}, Product{}, Hold{}, Order{}, PaymentEvent{}} {
		var want, got []string
		for _, path := range parquet.SchemaOf(row).Columns() {
			want = append(want, strings.Join(path, "."))
		}
		for _, field := range layoutOf(reflect.TypeOf(row)) {
			got = append(got, field.path)
			if _, known := columnKinds[field.kind]; !known {
				t.Errorf("%T: no column can hold field %s", row, field.path)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%T: columns %v, want %v", row, got, want)
		}
	}
}

func TestStreamedTablesAreTheWholeOnes(t *testing.T) {
	dir, want := t.TempDir(), sampleTables()
	if err := WriteTables(dir, Start, "r1", want); err != nil {
		t.Fatal(err)
	}
	columns, err := ReadColumns(dir, Start, "r1")
	if err != nil || !maps.Equal(columns, want.Columns) {
		t.Errorf("columns %v, %v", columns, err)
	}
	testTable(t, dir, want.Products)
	testTable(t, dir, want.Holds)
	testTable(t, dir, want.Orders)
	testTable(t, dir, want.Events)
	if _, err := ReadColumns(dir, Final, "r1"); !errors.Is(err, ErrMissing) {
		t.Errorf("columns never written: %v", err)
	}
	if _, err := ReadColumns(dir, Start, "r2"); !errors.Is(err, ErrForeign) {
		t.Errorf("columns of another run: %v", err)
	}
}

func testTable[Row TableRow](t *testing.T, dir string, want []Row) {
	t.Helper()
	got, err := gatherTable[Row](dir, Start, "r1")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: read %+v, %v", tableOf[Row](), got, err)
	}
	stop := errors.New("enough")
	if err := ReadTable(dir, Start, "r1", func([]Row) error { return stop }); err != stop {
		t.Errorf("%s: the callback's error came back as %v", tableOf[Row](), err)
	}
}

// Strings outlive the batch they came with: they do not share memory that is used again.
func TestStringsMayBeKept(t *testing.T) {
	const n = rowGroupRows + 2*batchRows
	dir := t.TempDir()
	writeOperations(t, dir, "r1", n)
	keys := make([]string, 0, n)
	err := ReadOperations(dir, "r1", func(batch []Operation) error {
		for i := range batch {
			keys = append(keys, batch[i].Key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if want := sampleOperation(int64(i + 1)).Key; key != want {
			t.Fatalf("key %d is %q, want %q", i, key, want)
		}
	}
}

// Of the columns that are named every value is read, and nothing of the others.
func TestOnlyTheNamedColumnsAreRead(t *testing.T) {
	const n = batchRows + blockRows + 1
	dir := t.TempDir()
	writeOperations(t, dir, "r1", n)
	id := int64(0)
	err := ReadOperations(dir, "r1", func(batch []Operation) error {
		for i := range batch {
			id++
			whole := sampleOperation(id)
			if want := (Operation{Key: whole.Key, Call: whole.Call, GotHandled: whole.GotHandled}); batch[i] != want {
				t.Fatalf("operation %d: read %+v, want %+v", id, batch[i], want)
			}
		}
		return nil
	}, "key", "got_handled", "call")
	if err != nil || id != n {
		t.Errorf("read %d of %d rows, %v", id, n, err)
	}
	if err := ReadOperations(dir, "r1", nil, "keys"); err == nil || !strings.Contains(err.Error(), "keys") {
		t.Errorf("a column that is not there: %v", err)
	}
}

func TestReadingLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	writeOperations(t, dir, "r1", 10*batchRows)
	stop := errors.New("enough")
	for after := range 3 {
		batches := 0
		err := ReadOperations(dir, "r1", func([]Operation) error {
			if batches++; batches > after {
				return stop
			}
			return nil
		})
		if err != stop {
			t.Errorf("stopped after %d batches: %v", after, err)
		}
	}
	path := filepath.Join(dir, OperationsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(whole[len(whole)/4 : len(whole)/2]) // pages in the middle, under a new seal
	writeSealed(t, path, whole)
	if _, err := readAll(dir, "r1"); !errors.Is(err, ErrDamaged) {
		t.Errorf("zeros in the middle: %v", err)
	}
}
