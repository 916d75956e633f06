package checker

import (
	"context"
	"fmt"
	"path/filepath"

	"flashsale/internal/evidence"
)

// source is where evidence is read from, as often as it is needed: a run directory, or memory. Every method
// streams batches that are only valid during the call; the strings in them may be kept.
type source interface {
	operations(each func([]evidence.Operation) error) error
	commits(each func([]evidence.Commit) error) error
	tables(when string, to tableReader) error
}

// tableReader takes in a snapshot: first its columns, then the rows of each table in turn. A table whose function
// is nil is not read.
type tableReader struct {
	columns  func(map[string]bool)
	products func([]evidence.Product) error
	holds    func([]evidence.Hold) error
	orders   func([]evidence.Order) error
	events   func([]evidence.PaymentEvent) error
}

// memory is evidence that was never in files.
type memory struct{ *Evidence }

func (m memory) operations(each func([]evidence.Operation) error) error { return each(m.Operations) }

func (m memory) commits(each func([]evidence.Commit) error) error { return each(m.Commits) }

func (m memory) tables(when string, to tableReader) error {
	tables := m.Final
	if when == evidence.Start {
		tables = m.Start
	}
	if tables == nil {
		return fmt.Errorf("the %s tables are declared and not there", when)
	}
	return handOver(tables, to)
}

// handOver gives whole tables to a reader.
func handOver(t *evidence.Tables, to tableReader) error {
	if to.columns != nil {
		to.columns(t.Columns)
	}
	if err := offer(t.Products, to.products); err != nil {
		return err
	}
	if err := offer(t.Holds, to.holds); err != nil {
		return err
	}
	if err := offer(t.Orders, to.orders); err != nil {
		return err
	}
	return offer(t.Events, to.events)
}

func offer[T any](rows []T, each func([]T) error) error {
	if each == nil {
		return nil
	}
	return each(rows)
}

// directory is the evidence of a run directory, which must be as long as the run declares. Reading ends early, with
// the context's error, when ctx does.
type directory struct {
	ctx  context.Context // of the whole judgement
	path string
	run  *evidence.Run
}

func (d directory) operations(each func([]evidence.Operation) error) error {
	rows := int64(0)
	if err := evidence.ReadOperations(d.path, d.run.ID, counted(d.ctx, &rows, each)); err != nil {
		return err
	}
	return d.declared(evidence.OperationsFile, "rows", rows, d.run.Declared.Operations)
}

func (d directory) commits(each func([]evidence.Commit) error) error {
	commits := int64(0)
	if err := evidence.ReadCommits(d.path, d.run.ID, counted(d.ctx, &commits, each)); err != nil {
		return err
	}
	return d.declared(evidence.CommitsFile, "transactions", commits, *d.run.Declared.Commits)
}

func (d directory) tables(when string, to tableReader) error {
	if to.columns != nil {
		columns, err := evidence.ReadColumns(d.path, when, d.run.ID)
		if err != nil {
			return err
		}
		to.columns(columns)
	}
	if err := readTable(d, when, evidence.TableProducts, to.products); err != nil {
		return err
	}
	if err := readTable(d, when, evidence.TableHolds, to.holds); err != nil {
		return err
	}
	if err := readTable(d, when, evidence.TableOrders, to.orders); err != nil {
		return err
	}
	return readTable(d, when, evidence.TableEvents, to.events)
}

func readTable[Row evidence.TableRow](d directory, when, table string, each func([]Row) error) error {
	if each == nil {
		return nil
	}
	rows := int64(0)
	if err := evidence.ReadTable(d.path, when, d.run.ID, counted(d.ctx, &rows, each)); err != nil {
		return err
	}
	declared := d.run.Declared.FinalTables
	if when == evidence.Start {
		declared = d.run.Declared.StartTables
	}
	return d.declared(filepath.Join(evidence.TablesDir, when), "rows of "+table, rows, declared[table])
}

// declared compares what was read with what the run says there is.
func (d directory) declared(file, what string, found, declared int64) error {
	if found == declared {
		return nil
	}
	return fmt.Errorf("%s holds %d %s, %d are declared", filepath.Join(d.path, file), found, what, declared)
}

// counted counts the rows that go by, as long as ctx lets them.
func counted[T any](ctx context.Context, rows *int64, each func([]T) error) func([]T) error {
	return func(batch []T) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		*rows += int64(len(batch))
		return each(batch)
	}
}
