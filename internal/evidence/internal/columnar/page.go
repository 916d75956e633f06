package columnar

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// kinds of pages
const (
	dictionaryPage = 2
	dataPage       = 3 // of version 2
)

// encodings of values
const (
	encodingPlain      = 0
	encodingDelta      = 5
	encodingDeltaText  = 7
	encodingDictionary = 8
)

type pageHeader struct {
	kind     int64
	encoding int64
	values   int64
	size     int64 // of the body,
	packed   int64 // and of what is in the file
	zstd     bool  // whether that is compressed
}

// readPageHeader reads the header of a page; its numbers are in range, or the cursor has failed.
func readPageHeader(c *cursor) pageHeader {
	h := pageHeader{kind: -1, encoding: -1, zstd: true}
	levels := int64(0)
	c.object(func(field int64) bool {
		switch field {
		case 1:
			h.kind = c.int()
		case 2:
			h.size = c.int()
		case 3:
			h.packed = c.int()
		case 7:
			c.object(h.dictionary(c))
		case 8:
			c.object(h.data(c, &levels))
		default:
			return false
		}
		return true
	})
	switch {
	case h.kind != dictionaryPage && h.kind != dataPage:
		c.fail("a page of kind %d", h.kind)
	case h.size < 0 || h.size > maxPageBytes || h.packed < 0 || h.packed > maxPageBytes:
		c.fail("a page of %d bytes in %d", h.size, h.packed)
	case h.values < 0 || h.values > maxGroupRows:
		c.fail("a page of %d values", h.values)
	case levels != 0:
		c.fail("a page with nulls or repetitions")
	}
	return h
}

func (h *pageHeader) dictionary(c *cursor) func(field int64) bool {
	return func(field int64) bool {
		switch field {
		case 1:
			h.values = c.int()
		case 2:
			h.encoding = c.int()
		default:
			return false
		}
		return true
	}
}

func (h *pageHeader) data(c *cursor, levels *int64) func(field int64) bool {
	return func(field int64) bool {
		switch field {
		case 1:
			h.values = c.int()
		case 2, 5, 6: // nulls, bytes of definition and of repetition levels
			*levels |= c.int()
		case 4:
			h.encoding = c.int()
		case 7:
			h.zstd = c.bool()
		default:
			return false
		}
		return true
	}
}

// Scratch is memory that decoding uses again and again. One goroutine uses it at a time.
type Scratch struct {
	zstd               *zstd.Decoder
	body               []byte
	prefixes, suffixes []int64
	text               []byte
}

// NewScratch makes an empty one.
func NewScratch() *Scratch {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxPageBytes))
	if err != nil {
		panic(err) // only for options that contradict each other
	}
	return &Scratch{zstd: decoder}
}

// unpack decompresses the body of a page. The decoder writes no further than the size that the header
// declares, which is bounded.
func (s *Scratch) unpack(header pageHeader, packed []byte) ([]byte, error) {
	if !header.zstd {
		return packed, nil
	}
	s.body = sized(s.body, int(header.size))
	body, err := s.zstd.DecodeAll(packed, s.body[:0:header.size])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return body, nil
}
