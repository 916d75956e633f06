package evidence

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Names of the key-value metadata that every Parquet file of a run carries.
const (
	metaRunID   = "run_id"
	metaColumns = "columns" // tables only: the columns that the database had, comma-separated
	metaDigest  = "digest"  // see digest.go
)

const (
	rowGroupRows = 1 << 16 // bounds what a writer holds in memory before it goes to the file
	batchRows    = 1 << 12 // rows handed to a reader's callback at once
	bufferBytes  = 1 << 18
)

// parquetFile writes rows of type T, a compressed row group at a time, and seals the file with a digest.
type parquetFile[T any] struct {
	file   *os.File
	buffer *bufio.Writer
	rows   *parquet.GenericWriter[T]
}

func createParquet[T any](path, runID, columns string) (*parquetFile[T], error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	buffer := bufio.NewWriterSize(file, bufferBytes)
	return &parquetFile[T]{file: file, buffer: buffer, rows: parquet.NewGenericWriter[T](buffer,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.KeyValueMetadata(metaRunID, runID),
		parquet.KeyValueMetadata(metaColumns, columns),
		parquet.KeyValueMetadata(metaDigest, unsealed),
	)}, nil
}

// close completes the file and puts it on disk. It closes the file even if that goes wrong.
func (p *parquetFile[T]) close() error {
	err := p.rows.Close()
	if err == nil {
		err = p.buffer.Flush()
	}
	if err == nil {
		err = errors.Join(seal(p.file), p.file.Sync())
	}
	return errors.Join(err, p.file.Close())
}

// readParquet streams the rows of a file in batches of bounded size and returns its metadata columns. The
// slice is used again for the next batch. Decoders of third parties may panic on damaged input: that is
// an error like any other here.
func readParquet[T any](path, runID string, each func([]T) error) (columns string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fileError(path, err)
	}
	var stop error // the callback's own error, which says nothing about the file
	defer func() {
		if trouble := recover(); trouble != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, trouble)
		}
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil && stop == nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	rows, columns, err := openParquet[T](file, runID)
	if err != nil {
		return "", err
	}
	batch := make([]T, batchRows)
	for {
		clear(batch)
		n, err := rows.Read(batch)
		if n > 0 {
			if stop = each(batch[:n]); stop != nil {
				return "", stop
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return columns, nil
		case err != nil:
			return "", fmt.Errorf("%w: %w", ErrDamaged, err)
		case n == 0:
			return "", fmt.Errorf("%w: rows end before the file does", ErrDamaged)
		}
	}
}

// openParquet checks that a file is a whole Parquet file of this run with just the columns of T.
func openParquet[T any](file *os.File, runID string) (*parquet.GenericReader[T], string, error) {
	if err := verify(file); err != nil {
		return nil, "", err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, "", err
	}
	opened, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	found, ok := opened.Lookup(metaRunID)
	if !ok {
		return nil, "", fmt.Errorf("%w: it carries no run id", ErrForeign)
	}
	if found != runID {
		return nil, "", fmt.Errorf("%w: it belongs to run %s, not %s", ErrForeign, found, runID)
	}
	if !parquet.EqualNodes(opened.Schema(), parquet.SchemaOf(new(T))) {
		return nil, "", fmt.Errorf("%w: other columns than this build reads", ErrForeign)
	}
	columns, _ := opened.Lookup(metaColumns)
	return parquet.NewGenericReader[T](opened), columns, nil
}
