package evidence

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"flashsale/internal/evidence/internal/columnar"
)

const (
	decoders     = 2 // goroutines that decode a file: each its own half of the columns
	batchesAhead = 3 // batches that are being decoded, wait, or are looked at

	// blockRows is how many rows get all their columns before the next ones do: so few that they stay in the
	// processor's nearest cache meanwhile, for every column writes to every row.
	blockRows = 1 << 7
)

// batch is rows on their way from the decoders to the callback.
type batch[Row any] struct {
	rows   []Row
	filled chan error // what each of the decoders says
}

// decodeRows decodes a file column by column into batches of rows, ahead of the callback. Each of the
// decoders fills its columns of every batch: neighbouring columns, which are neighbouring fields, so that
// the processors hardly share a cache line.
func decodeRows[Row any](file *columnar.File, layout []field, each func([]Row) error) error {
	var group sync.WaitGroup
	var halves [decoders]chan *batch[Row]
	stop := make(chan struct{})
	middle := middleOf(file, layout)
	for i, cursors := range [decoders][]cursor{newCursors(file, layout[:middle]), newCursors(file, layout[middle:])} {
		halves[i] = make(chan *batch[Row], batchesAhead)
		group.Go(func() { fillBatches(file, cursors, halves[i], stop) })
	}
	defer group.Wait() // nobody reads the file when it is closed
	defer close(stop)
	return handOver(file, halves[:], each)
}

// middleOf cuts the columns into two halves of about the same work: so much for each row, and so much for each byte.
func middleOf(file *columnar.File, layout []field) int {
	var rows, all, before int64
	for _, group := range file.Groups {
		rows += group.Rows
	}
	for _, f := range layout {
		all += rows + file.Bytes(f.column)
	}
	for i, f := range layout {
		if before >= all/2 {
			return i
		}
		before += rows + file.Bytes(f.column)
	}
	return len(layout)
}

// handOver sends empty batches to the decoders and gives the full ones to the callback, in order.
func handOver[Row any](file *columnar.File, halves []chan *batch[Row], each func([]Row) error) error {
	most := 0
	for n := range batchSizes(file.Groups) {
		most = max(most, n)
	}
	ring := make([]batch[Row], batchesAhead)
	for i := range ring {
		ring[i] = batch[Row]{rows: make([]Row, most), filled: make(chan error, decoders)}
		for _, half := range halves {
			half <- &ring[i]
		}
	}
	next := 0
	for n := range batchSizes(file.Groups) {
		b := &ring[next%len(ring)]
		for range halves {
			if err := <-b.filled; err != nil {
				return err
			}
		}
		if err := each(b.rows[:n]); err != nil {
			return err
		}
		for _, half := range halves {
			half <- b
		}
		next++
	}
	return nil
}

// batchSizes cuts the rows of every group into batches.
func batchSizes(groups []columnar.Group) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, group := range groups {
			for left := int(group.Rows); left > 0; left -= batchRows {
				if !yield(min(left, batchRows)) {
					return
				}
			}
		}
	}
}

// fillBatches is one decoder: it fills its columns of one batch after the other.
func fillBatches[Row any](file *columnar.File, cursors []cursor, batches <-chan *batch[Row], stop <-chan struct{}) {
	for n := range batchSizes(file.Groups) {
		select {
		case b := <-batches:
			b.filled <- fill(cursors, b.rows[:n])
		case <-stop:
			return
		}
	}
}

// fill decodes the next value of some columns for each of the rows. The decompressor is somebody else's:
// should it panic on damaged input, that is an error like any other.
func fill[Row any](cursors []cursor, rows []Row) (err error) {
	defer func() {
		if trouble := recover(); trouble != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, trouble)
		}
	}()
	for block := range slices.Chunk(rows, blockRows) {
		for i := range cursors {
			if err := fillColumn(&cursors[i], block); err != nil {
				return fmt.Errorf("column %s: %w", cursors[i].field.path, damage(err))
			}
		}
	}
	return nil
}

// cursor is a place in a column.
type cursor struct {
	field  field
	reader *columnar.Reader
	page   *columnar.Page
	next   int // value of the page
}

func newCursors(file *columnar.File, fields []field) []cursor {
	scratch := columnar.NewScratch()
	cursors := make([]cursor, 0, len(fields))
	for _, f := range fields {
		cursors = append(cursors, cursor{field: f, reader: file.Reader(f.column, scratch), page: new(columnar.Page)})
	}
	return cursors
}

func fillColumn[Row any](c *cursor, rows []Row) error {
	for len(rows) > 0 {
		if c.next == c.page.Len() {
			page, err := c.reader.Next()
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("%w: it ends before its rows do", ErrDamaged)
			}
			if err != nil {
				return err
			}
			c.page, c.next = page, 0
		}
		n := scatter(rows, c.field, c.page, c.next)
		c.next, rows = c.next+n, rows[n:]
	}
	return nil
}
