package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The files of a run directory that this package reads and writes.
const (
	RunFile        = "run.json"
	OperationsFile = "operations.parquet"
	TablesDir      = "tables"
	LatestLink     = "latest" // in the root: points to the newest finished run
)

const stampLayout = "20060102T150405Z" // UTC; no colon, which some file systems refuse

// Dir is the directory of one run. Until Finish it bears a hidden name, so that whoever lists the runs
// sees whole ones only; logs of a running system may be written into it meanwhile.
type Dir struct {
	root     string // runs/
	scenario string
	stamp    string
	path     string
}

// Create makes an empty directory for a run of scenario under root: root/<scenario>/<time>, hidden until
// Finish. Of two runs that start in the same second the later one's id is added to the time. Scenario and
// id become names of directories and must be fit for it.
func Create(root, scenario, id string) (*Dir, error) {
	return createAt(root, scenario, id, time.Now())
}

func createAt(root, scenario, id string, at time.Time) (*Dir, error) {
	for _, name := range []string{scenario, id} {
		if name == "" || name == LatestLink || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\:`) {
			return nil, fmt.Errorf("run directory: %q cannot be a directory's name", name)
		}
	}
	parent := filepath.Join(root, scenario)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	stamp := at.UTC().Format(stampLayout)
	for _, stamp := range []string{stamp, stamp + "-" + id} {
		taken, err := reserve(parent, stamp)
		if err != nil {
			return nil, fmt.Errorf("run directory: %w", err)
		}
		if !taken {
			return &Dir{root: root, scenario: scenario, stamp: stamp, path: filepath.Join(parent, "."+stamp)}, nil
		}
	}
	return nil, fmt.Errorf("run directory: %s has a run %s of this second already", parent, id)
}

// reserve makes the hidden directory of stamp, or says that the stamp is taken. The hidden one is made
// first: whoever owns it alone may rename it to stamp, so a stamp found free afterwards stays free.
func reserve(parent, stamp string) (taken bool, err error) {
	hidden := filepath.Join(parent, "."+stamp)
	if err := os.Mkdir(hidden, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return true, nil
		}
		return false, err
	}
	if _, err := os.Lstat(filepath.Join(parent, stamp)); !errors.Is(err, fs.ErrNotExist) {
		return true, os.Remove(hidden)
	}
	return false, nil
}

// Path is where the run's files are now: a hidden name before Finish, the final one after it.
func (d *Dir) Path() string { return d.path }

// FinalPath is where the run's files are after Finish.
func (d *Dir) FinalPath() string { return filepath.Join(d.root, d.scenario, d.stamp) }

// Finish gives the directory its final name and lets root/latest point to it. An interrupted run is
// finished like any other: run.json says that it was interrupted.
func (d *Dir) Finish() error {
	if d.path == d.FinalPath() {
		return nil
	}
	if err := os.Rename(d.path, d.FinalPath()); err != nil {
		return fmt.Errorf("finish the run directory: %w", err)
	}
	d.path = d.FinalPath()
	if err := d.pointLatest(); err != nil {
		return fmt.Errorf("point %s to the run: %w", LatestLink, err)
	}
	return nil
}

// Discard removes the directory of a run that never began. A finished run stays.
func (d *Dir) Discard() error {
	if d.path == d.FinalPath() {
		return nil
	}
	return os.RemoveAll(d.path)
}

// pointLatest swaps root/latest in one step: a reader finds the old run or the new one, never none.
// Where symbolic links cannot be made, latest is a file that holds the relative path.
func (d *Dir) pointLatest() error {
	target := filepath.Join(d.scenario, d.stamp)
	next := filepath.Join(d.root, "."+LatestLink+"-"+d.scenario+"-"+d.stamp)
	if err := os.Symlink(target, next); err != nil {
		if err := os.WriteFile(next, []byte(target+"\n"), 0o644); err != nil {
			return err
		}
	}
	if err := os.Rename(next, filepath.Join(d.root, LatestLink)); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}

// Locate finds the run directory that a path means: itself, or, where symbolic links cannot be made, the one
// that a file `latest` names.
func Locate(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fileError(path, err)
	case info.IsDir():
		return path, nil
	case filepath.Base(path) != LatestLink:
		return "", fmt.Errorf("%s: %w: it is no directory", path, ErrForeign)
	}
	target, err := os.ReadFile(path)
	if err != nil {
		return "", fileError(path, err)
	}
	return filepath.Join(filepath.Dir(path), filepath.FromSlash(strings.TrimSpace(string(target)))), nil
}
