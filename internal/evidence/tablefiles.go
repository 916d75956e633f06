package evidence

import (
	"errors"
	"path/filepath"
	"strings"

	"flashsale/internal/evidence/internal/columnar"
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
	return errors.Join(
		writeTable(dir, when, runID, t.Columns, t.Products),
		writeTable(dir, when, runID, t.Columns, t.Holds),
		writeTable(dir, when, runID, t.Columns, t.Orders),
		writeTable(dir, when, runID, t.Columns, t.Events),
	)
}

func writeTable[Row TableRow](dir, when, runID string, columns map[string]bool, rows []Row) error {
	w, err := CreateTable[Row](dir, when, runID, columns)
	if err != nil {
		return err
	}
	for i := range rows {
		if err = w.Append(rows[i]); err != nil {
			break
		}
	}
	_, closeErr := w.Close()
	return errors.Join(err, closeErr)
}

// TableRow is a row of any of the four tables.
type TableRow interface {
	Product | Hold | Order | PaymentEvent
}

// ReadTable streams one table of a snapshot in batches, in id order as far as the database told the truth,
// when being Start or Final. The slice is only valid during the call; the strings in it may be kept, as
// those of ReadOperations. An error of each ends the reading and is returned as it is.
func ReadTable[Row TableRow](dir, when, runID string, each func([]Row) error) error {
	_, err := readParquet(tablePath(dir, when, tableOf[Row]()), runID, each)
	return err
}

// ReadColumns reads which columns the database had at a snapshot, as Tables.Columns lists them.
func ReadColumns(dir, when, runID string) (map[string]bool, error) {
	listed, err := inspectParquet(tablePath(dir, when, TableProducts), runID, func(*columnar.File) error { return nil })
	if err != nil {
		return nil, err
	}
	columns := make(map[string]bool)
	for column := range strings.SplitSeq(listed, ",") {
		if column != "" {
			columns[column] = true
		}
	}
	return columns, nil
}

// ReadTables reads a snapshot back whole, when being Start or Final.
func ReadTables(dir, when, runID string) (*Tables, error) {
	t := new(Tables)
	var err error
	if t.Columns, err = ReadColumns(dir, when, runID); err != nil {
		return nil, err
	}
	if t.Products, err = gatherTable[Product](dir, when, runID); err != nil {
		return nil, err
	}
	if t.Holds, err = gatherTable[Hold](dir, when, runID); err != nil {
		return nil, err
	}
	if t.Orders, err = gatherTable[Order](dir, when, runID); err != nil {
		return nil, err
	}
	if t.Events, err = gatherTable[PaymentEvent](dir, when, runID); err != nil {
		return nil, err
	}
	return t, nil
}

func gatherTable[Row TableRow](dir, when, runID string) (rows []Row, err error) {
	err = ReadTable(dir, when, runID, func(batch []Row) error {
		rows = append(rows, batch...)
		return nil
	})
	return rows, err
}

// tableOf names the table of a type of rows.
func tableOf[Row TableRow]() string {
	switch any(*new(Row)).(type) {
	case Product:
		return TableProducts
	case Hold:
		return TableHolds
	case Order:
		return TableOrders
	default:
		return TableEvents
	}
}

func tablePath(dir, when, table string) string {
	return filepath.Join(dir, TablesDir, when, table+".parquet")
}
