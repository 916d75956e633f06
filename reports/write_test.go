package reports

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// list is every file below a directory, by path.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				name, _ := filepath.Rel(dir, path)
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWriteAll(t *testing.T) {
	dir, run, v := saveRun(t, true)
	before := list(t, dir)
	stats, err := Measure(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteAll(dir, run, v, stats); err != nil {
		t.Fatal(err)
	}
	want := []string{"junit.xml", "report.html", "summary.md"}
	for _, plot := range []string{"deliveries", "latency", "spectrum", "stock", "stock-product", "stock-product-2",
		"stock-product-3", "throughput",
		"violation-stock-never-oversold-1"} {
		want = append(want, "plots/"+plot+".png", "plots/"+plot+".svg")
	}
	got := slices.DeleteFunc(list(t, dir), func(name string) bool { return slices.Contains(before, name) })
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("written:  %v\nexpected: %v", got, want)
	}
	for _, name := range want {
		if text := read(t, dir, name); strings.HasSuffix(name, ".png") {
			if _, err := png.Decode(strings.NewReader(text)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A second rendering leaves no trace of the first: what it does not draw is gone, what it draws is whole.
func TestWriteAllAgain(t *testing.T) {
	dir, run, v := saveRun(t, true)
	if err := WriteAll(dir, run, v, Stats{}); err != nil {
		t.Fatal(err)
	}
	_, passing, _ := passingRun()
	if err := WriteAll(dir, run, passing, Stats{}); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, PlotsDir)); len(left) != 0 {
		t.Errorf("plots of another verdict are left: %v", left)
	}
	if err := WriteAll(filepath.Join(dir, "gone"), run, v, Stats{}); err == nil {
		t.Error("no error for a directory that does not exist")
	}
	if _, err := os.Stat(filepath.Join(dir, "gone")); err == nil {
		t.Error("it was made")
	}
}

// Reports of a run whose evidence is damaged say so and are written all the same.
func TestDamagedEvidenceStillRenders(t *testing.T) {
	dir, run, v := saveRun(t, true)
	if err := os.Truncate(filepath.Join(dir, evidence.OperationsFile), 1000); err != nil {
		t.Fatal(err)
	}
	stats, err := Measure(dir, run)
	if err == nil {
		t.Error("half a file is taken for a whole one")
	}
	if err := WriteAll(dir, run, v, stats); err != nil {
		t.Fatal(err)
	}
	page := read(t, dir, PageFile)
	for _, want := range []string{"BROKEN", "sends were late", "No operation was recorded.", "plot-stock"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for name, fixture := range map[string]func() []byte{
		"passing.md": func() []byte { return markdownOf(t, false) },
		"broken.md":  func() []byte { return markdownOf(t, true) },
	} {
		golden(t, name, fixture())
	}
}

func markdownOf(t *testing.T, broken bool) []byte {
	t.Helper()
	run, v, stats := passingRun()
	if broken {
		run, v, stats = brokenRun()
		v.Checks[0].Violations[0].First.Found = "<img src=x> | `*_[x](http://x)\n# head"
	}
	var out bytes.Buffer
	if err := Markdown(&out, run, v, stats); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
