// Package columnar reads the Parquet files that this project writes, and trusts none of their bytes. It knows
// as much of the format as our writer uses: flat required columns of the kinds and encodings below, version 2
// data pages, zstd. General libraries follow the counts and sizes that a file declares into allocations,
// recursion and panics; here every number is held against the bytes that are left, or against a fixed bound,
// before it is used. Whatever a file says, reading it ends in values or an error, and takes a fixed amount of
// memory for the data beside a small multiple of the footer. It is also several times faster, for a page is
// decoded straight into memory that is used again.
//
// What remains possible: a small file may hold very many rows, all alike, as honest compression allows it. A
// row group takes some dozen bytes for each column at least, and has no more rows than the bound below, so time
// is linear in the size of the file; but whoever keeps all rows in memory should know how many to expect.
package columnar

import (
	"errors"
	"fmt"
)

// ErrCorrupt is wrapped by every error that is about the bytes of a file, not about reading them.
var ErrCorrupt = errors.New("not a Parquet file of ours")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// Bounds on what one file may ask for, well above what our writer makes of its row groups of 65,536 rows.
const (
	maxGroupRows  = 1 << 17
	maxGroupBytes = 1 << 26 // compressed, all columns
	maxPageBytes  = 1 << 25 // decompressed, and decoded into text
	maxChunkBytes = 1 << 26 // decompressed
)

// Kind is the type of a column's values.
type Kind int32

// The kinds, by the format's own numbers.
const (
	Bool  Kind = 0
	Int32 Kind = 1
	Int64 Kind = 2
	Text  Kind = 6
)
