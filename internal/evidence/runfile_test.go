package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRunRoundTrip(t *testing.T) {
	dir := t.TempDir()
	want := &Run{
		Version: RunVersion, ID: "r1", Scenario: "smoke", Seed: 1<<64 - 1, StartedAt: time.Unix(5, 0).UTC(),
		Invocation: Invocation{Scenario: "my.yaml", Overrides: []string{"products.stock=3"}, Product: 1},
		Server:     Server{Kind: "strawman", Without: []string{"product-lock"}, HoldTTLUS: 1_000_000},
		Declared:   Declared{Operations: 3, FinalTables: map[string]int64{"orders": 1}},
		Probes:     []ClockProbe{{Before: 1, Database: 2, After: 3}},
		Exercise:   map[string]int64{"price-exact": 7},
		Thresholds: []Threshold{{Text: "hold.p99 < 50ms", Metric: "hold", Stat: "p99", Op: "<", Value: 50}},
	}
	if err := WriteRun(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, wrote %+v", got, want)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind beside run.json: %v", files)
	}
}

// A run of a build that did not note its command line is read all the same.
func TestRunOfAnOlderBuild(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, RunFile), []byte(`{"version": 1, "id": "r", "scenario": "smoke"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	run, err := ReadRun(dir)
	if err != nil || run.Scenario != "smoke" || run.Invocation.Scenario != "" {
		t.Errorf("read %+v, %v", run, err)
	}
}

func TestRunIsReadStrictly(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
	}{
		{"empty", "", ErrDamaged},
		{"cut off", `{"version": 1, "id": "r`, ErrDamaged},
		{"not an object", `[1]`, ErrDamaged},
		{"no id", `{"version": 1}`, ErrDamaged},
		{"text after the end", `{"version": 1, "id": "r"} {}`, ErrDamaged},
		{"no version", `{"id": "r"}`, ErrForeign},
		{"newer version", `{"version": 2, "id": "r", "novelty": 1}`, ErrForeign},
		{"unknown field", `{"version": 1, "id": "r", "novelty": 1}`, ErrForeign},
		{"wrong type", `{"version": 1, "id": 5}`, ErrForeign},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, RunFile), []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadRun(dir)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err == nil || !strings.Contains(err.Error(), RunFile) {
				t.Errorf("the error names no file: %v", err)
			}
		})
	}
	if _, err := ReadRun(t.TempDir()); !errors.Is(err, ErrMissing) {
		t.Errorf("no file: %v", err)
	}
}
