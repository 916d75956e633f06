package history

import "iter"

// chunkLen is how many records a full chunk holds: a megabyte or so.
const chunkLen = 1 << 14

// List is a sequence of records that grows without ever moving more than one chunk: a slice of millions would
// be copied as it grows, and need the memory twice.
type List[T any] struct {
	chunks [][]T
}

// Len is the number of records.
func (l *List[T]) Len() int {
	if len(l.chunks) == 0 {
		return 0
	}
	last := len(l.chunks) - 1
	return last*chunkLen + len(l.chunks[last])
}

// At returns record i, which must be less than Len. The pointer is good until the next Add.
func (l *List[T]) At(i uint32) *T { return &l.chunks[i/chunkLen][i%chunkLen] }

// Add appends a record.
func (l *List[T]) Add(record T) {
	last := len(l.chunks) - 1
	switch {
	case last < 0: // a small run needs no full chunk: the first one grows
		l.chunks = append(l.chunks, nil)
		last++
	case len(l.chunks[last]) == chunkLen:
		l.chunks = append(l.chunks, make([]T, 0, chunkLen))
		last++
	}
	l.chunks[last] = append(l.chunks[last], record)
}

// All goes through the records in order, with their numbers.
func (l *List[T]) All() iter.Seq2[uint32, *T] {
	return func(yield func(uint32, *T) bool) {
		i := uint32(0)
		for _, chunk := range l.chunks {
			for j := range chunk {
				if !yield(i, &chunk[j]) {
					return
				}
				i++
			}
		}
	}
}
