package evidence

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The fuzzers change files and seal them again, as whoever wants to fool the checker would: whatever the
// bytes say, reading ends in rows or in an error that says what kind of trouble it is.

// maxFuzz is how large a file the fuzzers look at: more bytes find nothing more.
const maxFuzz = 1 << 16

// writeSealed writes a file whose digest is right, if it has a place for one.
func writeSealed(t testing.TB, path string, content []byte) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := seal(file); err != nil && !honest(err) {
		t.Fatal(err)
	}
}

// honest tells whether an error says what is wrong with a file.
func honest(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrForeign) || errors.Is(err, ErrMissing)
}

// fuzzFile fuzzes the reader of one file of a run directory. seeds write honest ones.
func fuzzFile(f *testing.F, name string, read func(dir string) error, seeds ...func(dir string)) {
	for _, seed := range seeds {
		dir := f.TempDir()
		seed(dir)
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		if err := read(dir); err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(content[:len(content)/2])
	}
	dir := f.TempDir()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > maxFuzz {
			t.Skip("too long")
		}
		writeSealed(t, path, content)
		if err := read(dir); err != nil && !honest(err) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

func FuzzReadOperations(f *testing.F) {
	read := func(dir string) error {
		return ReadOperations(dir, "r1", func([]Operation) error { return nil })
	}
	fuzzFile(f, OperationsFile, read,
		func(dir string) { writeOperations(f, dir, "r1", 0) },
		func(dir string) { writeOperations(f, dir, "r1", 20) })
}

func FuzzReadCommits(f *testing.F) {
	read := func(dir string) error {
		last := int64(0)
		return ReadCommits(dir, "r1", func(commits []Commit) error {
			for i := range commits {
				if err := checkCommit(&commits[i], last+1); err != nil {
					return fmt.Errorf("handed over: %w", err)
				}
				last++
			}
			return nil
		})
	}
	fuzzFile(f, CommitsFile, read,
		func(dir string) { writeCommits(f, dir, "r1") },
		func(dir string) { writeCommits(f, dir, "r1", sampleCommit(1), sampleCommit(2)) })
}

func FuzzReadTable(f *testing.F) {
	read := func(dir string) error {
		_, err := ReadColumns(dir, Final, "r1")
		if errors.Is(err, ErrMissing) { // the fuzzed file is another one
			err = nil
		}
		return errors.Join(err, ReadTable(dir, Final, "r1", func([]Hold) error { return nil }))
	}
	fuzzFile(f, filepath.Join(TablesDir, Final, TableHolds+".parquet"), read, func(dir string) {
		if err := WriteTables(dir, Final, "r1", sampleTables()); err != nil {
			f.Fatal(err)
		}
	})
}

func FuzzReadRun(f *testing.F) {
	f.Add([]byte(`{"version": 1, "id": "r1", "declared": {"operations": 3, "commits": 2}}`))
	f.Add([]byte(`{"version": 2, "id": "r1"}`))
	f.Add([]byte(`{"version": 1, "id": "r`))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, RunFile), content, 0o644); err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(dir)
		switch {
		case err != nil && !honest(err):
			t.Errorf("%T: %v", err, err)
		case err == nil && (run.Version != RunVersion || run.ID == ""):
			t.Errorf("taken for a run: %s", content)
		}
	})
}

// What a seal cannot tell, because it was made anew, must still end in rows or an honest error.
func TestResealedFilesNeverPanic(t *testing.T) {
	dir := t.TempDir()
	writeOperations(t, dir, "r1", 3000)
	path := filepath.Join(dir, OperationsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		altered := slices.Clone(whole)
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(altered))
			if rng.IntN(2) == 0 { // half of them in the footer
				at = max(0, len(altered)-1-rng.IntN(6000))
			}
			altered[at] ^= byte(1 + rng.IntN(255))
		}
		writeSealed(t, path, altered)
		if _, err := readAll(dir, "r1"); err != nil && !honest(err) {
			t.Errorf("%T: %v", err, err)
		}
	}
}
