package evidence

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func sampleOperation(id int64) Operation {
	return Operation{
		ID: id, Request: id - id%2, Attempt: int32(1 + id%2), Actor: id * 7, Kind: CreateHold, Phase: PhaseStorm,
		Intended: id * 1000, Call: id*1000 + 10, Return: id*1000 + 500, ProductID: 1 + id%3, Qty: 1 + id%4,
		Key: fmt.Sprintf("run-b%d-hold", id), Outcome: OK, HTTPStatus: 201,
		GotHoldID: id, GotExpiresAt: 1_700_000_000_000_000 + id,
	}
}

func writeOperations(t testing.TB, dir, runID string, n int64) {
	t.Helper()
	w, err := CreateOperations(dir, runID)
	if err != nil {
		t.Fatal(err)
	}
	for id := int64(1); id <= n; id++ {
		if err := w.Append(sampleOperation(id)); err != nil {
			t.Fatal(err)
		}
	}
	if rows, err := w.Close(); err != nil || rows != n {
		t.Fatalf("closed with %d rows, %v", rows, err)
	}
}

func readAll(dir, runID string) ([]Operation, error) {
	var all []Operation
	err := ReadOperations(dir, runID, func(batch []Operation) error {
		all = append(all, batch...)
		return nil
	})
	return all, err
}

func TestOperationsRoundTrip(t *testing.T) {
	for _, n := range []int64{0, 1, batchRows, rowGroupRows + 3} {
		dir := t.TempDir()
		writeOperations(t, dir, "r1", n)
		got, err := readAll(dir, "r1")
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(got)) != n {
			t.Fatalf("read %d of %d", len(got), n)
		}
		for i, op := range got {
			if op != sampleOperation(int64(i+1)) {
				t.Fatalf("row %d: %+v", i, op)
			}
		}
	}
}

func TestEveryFieldSurvives(t *testing.T) {
	var op Operation
	fields := reflect.ValueOf(&op).Elem()
	for i := range fields.NumField() {
		switch field := fields.Field(i); field.Kind() {
		case reflect.String:
			field.SetString(fmt.Sprintf("word\x00é%d", i))
		case reflect.Bool:
			field.SetBool(true)
		default:
			field.SetInt(-int64(i) - 1)
		}
	}
	dir := t.TempDir()
	w, err := CreateOperations(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(op); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(dir, "r1"); err != nil || len(got) != 1 || got[0] != op {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestAppendFromManyGoroutinesLosesNothing(t *testing.T) {
	const workers, each = 8, 5000
	dir := t.TempDir()
	w, err := CreateOperations(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range int64(workers) {
		group.Go(func() {
			for i := range int64(each) {
				if err := w.Append(sampleOperation(worker*each + i + 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if rows, err := w.Close(); err != nil || rows != workers*each {
		t.Fatalf("closed with %d rows, %v", rows, err)
	}
	if err := w.Append(Operation{}); err == nil {
		t.Error("an operation was accepted after Close")
	}
	if rows, err := w.Close(); err != nil || rows != workers*each {
		t.Errorf("second Close: %d, %v", rows, err)
	}
	all, err := readAll(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int64]bool)
	for _, op := range all {
		seen[op.ID] = true
	}
	if len(seen) != workers*each {
		t.Errorf("%d different operations", len(seen))
	}
}

func TestAppendTellsOfAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, OperationsFile)); err != nil {
		t.Skip("no symbolic links here")
	}
	w, err := CreateOperations(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	for id := int64(1); id < 40*rowGroupRows && err == nil; id++ {
		err = w.Append(sampleOperation(id))
	}
	if err == nil {
		t.Error("appending to a full disk never failed")
	}
	if _, err := w.Close(); err == nil {
		t.Error("closing a log on a full disk went well")
	}
}

func sampleTables() *Tables {
	return &Tables{
		Products: []Product{{ID: 1, Name: "Lamp", Price: 100, StockTotal: 5, StockSold: 2, UpdatedAt: 9}},
		Holds:    []Hold{{ID: 3, ProductID: 1, Qty: 2, Status: "completed", ExpiresAt: 77, Key: "k\xff\x00", CreatedAt: 5}},
		Orders:   []Order{{ID: 4, ProductID: 1, HoldID: 3, Qty: 2, TotalPrice: 200, Status: "paid", CreatedAt: 6}},
		Events:   []PaymentEvent{{ID: 5, OrderID: 4, Key: "evt_A", Payment: "success", Outcome: "paid", CreatedAt: 7}},
		Columns:  map[string]bool{"products.id": true, "holds.idempotency_key": true},
	}
}

func TestTablesRoundTrip(t *testing.T) {
	for name, want := range map[string]*Tables{"rows": sampleTables(), "empty": {Columns: map[string]bool{}}} {
		dir := t.TempDir()
		if err := WriteTables(dir, Final, "r1", want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadTables(dir, Final, "r1")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, wrote %+v", name, got, want)
		}
		if _, err := ReadTables(dir, Start, "r1"); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: tables never written: %v", name, err)
		}
	}
}

func TestWrongFilesAreNamed(t *testing.T) {
	good := t.TempDir()
	writeOperations(t, good, "r1", 100)
	if err := WriteTables(good, Final, "r1", sampleTables()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(good, OperationsFile))
	if err != nil {
		t.Fatal(err)
	}
	orders, err := os.ReadFile(filepath.Join(good, TablesDir, Final, "orders.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		runID string
		bytes []byte
		want  error
	}{
		{"of another run", "r2", whole, ErrForeign},
		{"another table", "r1", orders, ErrForeign},
		{"empty", "r1", nil, ErrDamaged},
		{"text", "r1", []byte(strings.Repeat("not evidence ", 50)), ErrDamaged},
		{"cut in half", "r1", whole[:len(whole)/2], ErrDamaged},
		{"last byte lost", "r1", whole[:len(whole)-1], ErrDamaged},
		{"head lost", "r1", whole[10:], ErrDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, OperationsFile), test.bytes, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := readAll(dir, test.runID)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), OperationsFile) {
				t.Errorf("got %v, want %v and the file's name", err, test.want)
			}
		})
	}
	if _, err := readAll(t.TempDir(), "r1"); !errors.Is(err, ErrMissing) {
		t.Errorf("no file: %v", err)
	}
	stop := errors.New("enough")
	if err := ReadOperations(good, "r1", func([]Operation) error { return stop }); err != stop {
		t.Errorf("the callback's error came back as %v", err)
	}
}

// Whatever happens to a file, reading it is an error or rows, never a panic; and rows of a changed
// file are never taken for evidence.
func TestAlteredFilesNeverPanic(t *testing.T) {
	dir := t.TempDir()
	writeOperations(t, dir, "r1", 3000)
	path := filepath.Join(dir, OperationsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		altered := slices.Clone(whole)
		at := rng.IntN(len(altered))
		altered[at] ^= byte(1 + rng.IntN(255))
		if rng.IntN(4) == 0 {
			altered = altered[:rng.IntN(len(altered))]
		}
		if err := os.WriteFile(path, altered, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(dir, "r1"); err == nil {
			t.Errorf("byte %d of %d changed, file cut to %d, and nothing was said", at, len(whole), len(altered))
		}
	}
}
