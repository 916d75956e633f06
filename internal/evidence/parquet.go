package evidence

import (
	"bufio"
	"errors"
	"os"
	"reflect"
	"strings"

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
	batchRows    = 1 << 12 // rows written at once, and handed to a reader's callback at once
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
	options := []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.KeyValueMetadata(metaRunID, runID),
		parquet.KeyValueMetadata(metaColumns, columns),
		parquet.KeyValueMetadata(metaDigest, unsealed),
		parquet.DataPageStatistics(false), // nobody looks for a row by them, and they take a quarter of the time
	}
	for _, field := range layoutOf(reflect.TypeFor[T]()) {
		options = append(options, parquet.SkipPageBounds(strings.Split(field.path, ".")...))
	}
	return &parquetFile[T]{file: file, buffer: buffer, rows: parquet.NewGenericWriter[T](buffer, options...)}, nil
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
