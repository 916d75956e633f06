package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteRun writes run.json into the run directory dir, in one step.
func WriteRun(dir string, run *Run) error {
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", RunFile, err)
	}
	return WriteFile(filepath.Join(dir, RunFile), append(text, '\n'))
}

// ReadRun reads run.json of the run directory dir. It is strict: another version or an unknown field
// means that a newer flashsale wrote it, and that this one would judge by half of what it says.
func ReadRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	if head.Version != RunVersion {
		return nil, fmt.Errorf("%s: %w: version %d, this build reads %d", path, ErrForeign, head.Version, RunVersion)
	}
	run := new(Run)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(run); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrForeign, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w: text after the end", path, ErrDamaged)
	}
	if run.ID == "" {
		return nil, fmt.Errorf("%s: %w: no run id", path, ErrDamaged)
	}
	return run, nil
}

// WriteFile writes a file in one step: whoever opens path finds the old content or the new one, whole.
func WriteFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tmp-"+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// fileError says which file could not be opened, and tells a missing one from any other trouble.
func fileError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrMissing)
	}
	return fmt.Errorf("%s: %w", path, err)
}
