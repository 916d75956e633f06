package evidence

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"flashsale/internal/evidence/internal/columnar"
)

// readParquet streams the rows of a file in batches of bounded size and returns its metadata columns. Of the rows
// only the wanted columns are read, all of them if none is named. The slice is used again; the strings in it may be
// kept. The callback's own error is returned as it is.
func readParquet[Row any](path, runID string, each func([]Row) error, wanted ...string) (columns string, err error) {
	var stop error
	columns, err = inspectParquet(path, runID, func(file *columnar.File) error {
		layout := layoutOf(reflect.TypeFor[Row]())
		if err := checkColumns(file.Columns, layout); err != nil {
			return err
		}
		layout, err := pick(layout, wanted)
		if err != nil {
			return err
		}
		return decodeRows(file, layout, func(rows []Row) error {
			stop = each(rows)
			return stop
		})
	})
	if stop != nil {
		return "", stop
	}
	return columns, err
}

// inspectParquet opens a file, which must be whole and of this run, for as long as look takes. It returns
// the metadata columns. An error names the file.
func inspectParquet(path, runID string, look func(*columnar.File) error) (columns string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fileError(path, err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	opened, err := openParquet(file, runID)
	if err != nil {
		return "", err
	}
	columns, _ = opened.Lookup(metaColumns)
	return columns, look(opened)
}

// openParquet checks that a file is as it was sealed, and belongs to this run.
func openParquet(file *os.File, runID string) (*columnar.File, error) {
	if err := verify(file); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := columnar.Open(file, info.Size())
	if err != nil {
		return nil, damage(err)
	}
	found, ok := opened.Lookup(metaRunID)
	if !ok {
		return nil, fmt.Errorf("%w: it carries no run id", ErrForeign)
	}
	if found != runID {
		return nil, fmt.Errorf("%w: it belongs to run %s, not %s", ErrForeign, found, runID)
	}
	return opened, nil
}

// damage makes what the decoder says about a file's bytes ErrDamaged; a disk that cannot be read is not.
func damage(err error) error {
	if errors.Is(err, columnar.ErrCorrupt) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
