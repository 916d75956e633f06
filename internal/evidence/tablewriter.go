package evidence

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// TableWriter writes one table of a snapshot as WriteTables does, but row by row, so that its memory does
// not grow with the table. It is for one goroutine.
type TableWriter[T TableRow] struct {
	file  *parquetFile[T]
	batch []T
	rows  int64
}

// CreateTable starts the file of T's table in dir/tables/<when>, when being Start or Final. columns lists
// "table.column" for every column that the database had.
func CreateTable[T TableRow](dir, when, runID string, columns map[string]bool) (*TableWriter[T], error) {
	path := tablePath(dir, when, tableOf[T]())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("write tables: %w", err)
	}
	listed := strings.Join(slices.Sorted(maps.Keys(columns)), ",")
	file, err := createParquet[T](path, runID, listed)
	if err != nil {
		return nil, fmt.Errorf("write table %s: %w", tableOf[T](), err)
	}
	return &TableWriter[T]{file: file, batch: make([]T, 0, batchRows)}, nil
}

// Append adds the row with the next id.
func (w *TableWriter[T]) Append(row T) error {
	w.batch = append(w.batch, row)
	w.rows++
	if len(w.batch) < batchRows {
		return nil
	}
	return w.flush()
}

func (w *TableWriter[T]) flush() error {
	_, err := w.file.rows.Write(w.batch)
	clear(w.batch) // lets go of the strings
	w.batch = w.batch[:0]
	if err != nil {
		return fmt.Errorf("write table %s: %w", tableOf[T](), err)
	}
	return nil
}

// Close completes the file and says how many rows it holds.
func (w *TableWriter[T]) Close() (rows int64, err error) {
	err = w.flush()
	if err = errors.Join(err, w.file.close()); err != nil {
		return 0, fmt.Errorf("write table %s: %w", tableOf[T](), err)
	}
	return w.rows, nil
}
