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

// When a snapshot of the tables was taken; names the directory under tables/.
const (
	Start = "start"
	Final = "final"
)

// Names of the four tables, in the order in which they depend on each other.
const (
	TableProducts = "products"
	TableHolds    = "holds"
	TableOrders   = "orders"
	TableEvents   = "payment_events"
)

// Rows counts the rows of every table: what run.json declares.
func (t *Tables) Rows() map[string]int64 {
	return map[string]int64{
		TableProducts: int64(len(t.Products)),
		TableHolds:    int64(len(t.Holds)),
		TableOrders:   int64(len(t.Orders)),
		TableEvents:   int64(len(t.Events)),
	}
}

// WriteTables writes a snapshot as dir/tables/<when>/<table>.parquet, when being Start or Final.
func WriteTables(dir, when, runID string, t *Tables) error {
	folder, err := makeTablesDir(dir, when)
	if err != nil {
		return fmt.Errorf("write tables: %w", err)
	}
	return errors.Join(
		writeTable(folder, TableProducts, runID, t.Columns, t.Products),
		writeTable(folder, TableHolds, runID, t.Columns, t.Holds),
		writeTable(folder, TableOrders, runID, t.Columns, t.Orders),
		writeTable(folder, TableEvents, runID, t.Columns, t.Events),
	)
}

func makeTablesDir(dir, when string) (string, error) {
	folder := filepath.Join(dir, TablesDir, when)
	return folder, os.MkdirAll(folder, 0o755)
}

func writeTable[T any](folder, table, runID string, columns map[string]bool, rows []T) error {
	file, err := createTable[T](folder, table, runID, columns)
	if err != nil {
		return err
	}
	_, err = file.rows.Write(rows)
	if err = errors.Join(err, file.close()); err != nil {
		return fmt.Errorf("write table %s: %w", table, err)
	}
	return nil
}

// createTable starts the file of one table; columns are those that the database had.
func createTable[T any](folder, table, runID string, columns map[string]bool) (*parquetFile[T], error) {
	listed := strings.Join(slices.Sorted(maps.Keys(columns)), ",")
	file, err := createParquet[T](filepath.Join(folder, table+".parquet"), runID, listed)
	if err != nil {
		return nil, fmt.Errorf("write table %s: %w", table, err)
	}
	return file, nil
}

// ReadTables reads a snapshot back, when being Start or Final.
func ReadTables(dir, when, runID string) (*Tables, error) {
	folder := filepath.Join(dir, TablesDir, when)
	t := &Tables{Columns: make(map[string]bool)}
	columns, err := readTable(folder, TableProducts, runID, &t.Products)
	if err != nil {
		return nil, err
	}
	for column := range strings.SplitSeq(columns, ",") {
		if column != "" {
			t.Columns[column] = true
		}
	}
	if _, err := readTable(folder, TableHolds, runID, &t.Holds); err != nil {
		return nil, err
	}
	if _, err := readTable(folder, TableOrders, runID, &t.Orders); err != nil {
		return nil, err
	}
	if _, err := readTable(folder, TableEvents, runID, &t.Events); err != nil {
		return nil, err
	}
	return t, nil
}

func readTable[T any](folder, table, runID string, rows *[]T) (columns string, err error) {
	return readParquet(filepath.Join(folder, table+".parquet"), runID, func(batch []T) error {
		*rows = append(*rows, batch...)
		return nil
	})
}
