package document

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (go test ./internal/bench/document -update, then look at the diff):\n%s", path, got)
	}
}

func TestPage(t *testing.T) {
	r, err := Load(filepath.Join("testdata", "full"))
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := r.Render(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "full.md", page.Bytes())
}

// A page with one result says of the others how they are measured, and has every picture that it shows.
func TestPageWithGaps(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	copyFile(t, filepath.Join("testdata", "full", "simulator.json"), filepath.Join(from, "simulator.json"))
	r, err := Load(from)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(to, "performance.md")
	if err := r.Write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "gaps.md", text)
	images := regexp.MustCompile(`\]\((images/[^)]+)\)`).FindAllSubmatch(text, -1)
	if len(images) != 1 {
		t.Errorf("%d pictures, want the simulator's", len(images))
	}
	for _, image := range images {
		if info, err := os.Stat(filepath.Join(to, string(image[1]))); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", image[1], err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	if _, err := Load(t.TempDir()); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty directory: %v", err)
	}
	for name, c := range map[string]struct{ file, text, says string }{
		"broken":  {"server.json", "{", "is not the result of that benchmark"},
		"foreign": {"server.json", `{"machine": {"cpu": "Abacus 9000", "cores": 64}}`, "measured on another machine than server.json"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			copyFile(t, filepath.Join("testdata", "full", "simulator.json"), filepath.Join(dir, "simulator.json"))
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
