package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDirIsInvisibleUntilFinished(t *testing.T) {
	root := t.TempDir()
	dir, err := Create(root, "smoke", "r1")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir.Path(), "server-0.log"), []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	if visible, _ := filepath.Glob(filepath.Join(root, "smoke", "[^.]*")); len(visible) != 0 {
		t.Errorf("visible before Finish: %v", visible)
	}
	latest := filepath.Join(root, LatestLink)
	if _, err := Locate(latest); !errors.Is(err, ErrMissing) {
		t.Errorf("latest before Finish: %v", err)
	}
	if err := dir.Finish(); err != nil {
		t.Fatal(err)
	}
	if dir.Path() != dir.FinalPath() {
		t.Errorf("path after Finish: %s", dir.Path())
	}
	found, err := Locate(latest)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(found, "server-0.log")); err != nil || string(text) != "hello" {
		t.Errorf("through latest: %q, %v", text, err)
	}
	if err := dir.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.Path()); err != nil {
		t.Errorf("a finished run was discarded: %v", err)
	}
}

func TestRunsOfOneSecondDiffer(t *testing.T) {
	root, at := t.TempDir(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var paths []string
	for _, id := range []string{"a", "b", "c"} {
		dir, err := createAt(root, "smoke", id, at)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, dir.FinalPath())
		if id != "a" { // b while a is hidden, c after a and b are finished
			continue
		}
		if err := dir.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	if paths[0] == paths[1] || paths[1] == paths[2] || paths[0] == paths[2] {
		t.Errorf("same directory twice: %v", paths)
	}
	if _, err := createAt(root, "smoke", "c", at); err == nil {
		t.Error("the same id in the same second was given a directory of another run")
	}
}

func TestLatestMovesToTheNewest(t *testing.T) {
	root := t.TempDir()
	for i, scenario := range []string{"smoke", "gauntlet"} {
		dir, err := createAt(root, scenario, "r", time.Unix(int64(i), 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Finish(); err != nil {
			t.Fatal(err)
		}
		if target, err := os.Readlink(filepath.Join(root, LatestLink)); err != nil || filepath.IsAbs(target) {
			t.Errorf("latest is %q, %v: want a relative link", target, err)
		}
		found, err := Locate(filepath.Join(root, LatestLink))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := filepath.EvalSymlinks(dir.Path())
		if got, err := filepath.EvalSymlinks(found); err != nil || got != want {
			t.Errorf("latest: %s, %v; want %s", got, err, want)
		}
	}
}

func TestLocateWithoutLinks(t *testing.T) {
	root := t.TempDir()
	latest, other := filepath.Join(root, LatestLink), filepath.Join(root, "notes")
	for _, file := range []string{latest, other} {
		if err := os.WriteFile(file, []byte("smoke/20260102T030405Z\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Locate(latest); err != nil || got != filepath.Join(root, "smoke", "20260102T030405Z") {
		t.Errorf("latest: %s, %v", got, err)
	}
	if _, err := Locate(other); !errors.Is(err, ErrForeign) {
		t.Errorf("a file that is no run: %v", err)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	root := t.TempDir()
	dir, err := Create(root, "smoke", "r1")
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Discard(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(root, "smoke")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUnfitNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a:b", LatestLink} {
		if _, err := Create(t.TempDir(), name, "r1"); err == nil {
			t.Errorf("scenario %q made a directory", name)
		}
		if _, err := Create(t.TempDir(), "smoke", name); err == nil {
			t.Errorf("id %q made a directory", name)
		}
	}
}
