package columnar

import (
	"encoding/binary"
	"io"
)

const (
	magic    = "PAR1"
	tailSize = 4 + len(magic) // length of the footer, and the magic, end the file

	codecZstd = 6
	required  = 0 // the repetition of a column without nulls
)

// File is the footer of a Parquet file.
type File struct {
	Columns []Column
	Groups  []Group
	keys    map[string]string
	reader  io.ReaderAt
}

// Column is a leaf of the schema. Path joins the names above it with dots.
type Column struct {
	Path string
	Kind Kind
}

// Group is a row group.
type Group struct {
	Rows   int64
	chunks []chunk // one for each column
}

// chunk is where a row group's part of one column is.
type chunk struct {
	offset, size int64
}

// Open reads the footer of a file of the given size.
func Open(reader io.ReaderAt, size int64) (*File, error) {
	footer, err := readFooter(reader, size)
	if err != nil {
		return nil, err
	}
	file := &File{keys: make(map[string]string), reader: reader}
	if err := file.parse(footer); err != nil {
		return nil, err
	}
	return file, file.checkPlaces(size - int64(len(footer)+tailSize))
}

// Bytes is how many bytes a column takes in the file.
func (f *File) Bytes(index int) (total int64) {
	for _, group := range f.Groups {
		total += group.chunks[index].size
	}
	return total
}

// Lookup finds a value of the file's own metadata.
func (f *File) Lookup(key string) (value string, found bool) {
	value, found = f.keys[key]
	return value, found
}

func readFooter(reader io.ReaderAt, size int64) ([]byte, error) {
	tail := make([]byte, tailSize)
	tailAt := size - int64(tailSize)
	if tailAt < int64(len(magic)) {
		return nil, corrupt("%d bytes are too few", size)
	}
	if _, err := reader.ReadAt(tail, tailAt); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != magic || length > tailAt-int64(len(magic)) {
		return nil, corrupt("it does not end as a Parquet file does")
	}
	footer := make([]byte, length)
	_, err := reader.ReadAt(footer, tailAt-length)
	return footer, err
}

func (f *File) parse(footer []byte) error {
	c := &cursor{left: footer, wire: wireStruct}
	var schema []element
	c.object(func(field int64) bool {
		switch field {
		case 2:
			c.list(func() { schema = append(schema, readElement(c)) })
		case 4:
			c.list(func() { f.Groups = append(f.Groups, readGroup(c)) })
		case 5:
			c.list(func() { f.readKey(c) })
		default:
			return false
		}
		return true
	})
	if c.err != nil {
		return c.err
	}
	columns, rest, err := leaves(schema, "", 0)
	if err == nil && len(rest) > 0 {
		err = corrupt("%d elements of the schema hang nowhere", len(rest))
	}
	f.Columns = columns
	return err
}

func (f *File) readKey(c *cursor) {
	var key, value string
	c.object(func(field int64) bool {
		switch field {
		case 1:
			key = c.text()
		case 2:
			value = c.text()
		default:
			return false
		}
		return true
	})
	f.keys[key] = value
}

func readGroup(c *cursor) (group Group) {
	c.object(func(field int64) bool {
		switch field {
		case 1:
			c.list(func() { group.chunks = append(group.chunks, readChunk(c)) })
		case 3:
			group.Rows = c.int()
		default:
			return false
		}
		return true
	})
	if group.Rows <= 0 || group.Rows > maxGroupRows {
		c.fail("a row group of %d rows", group.Rows)
	}
	return group
}

// readChunk reads where a chunk is: its dictionary, if there is one, precedes its data.
func readChunk(c *cursor) (found chunk) {
	var data, dictionary, size int64
	codec := int64(codecZstd)
	meta := func(field int64) bool {
		switch field {
		case 4:
			codec = c.int()
		case 7:
			size = c.int()
		case 9:
			data = c.int()
		case 11:
			dictionary = c.int()
		default:
			return false
		}
		return true
	}
	c.object(func(field int64) bool {
		if field == 3 {
			c.object(meta)
		}
		return field == 3
	})
	switch {
	case codec != codecZstd:
		c.fail("codec %d", codec)
	case size <= 0:
		c.fail("a chunk of %d bytes", size)
	}
	if dictionary != 0 {
		data = dictionary
	}
	return chunk{offset: data, size: size}
}

// checkPlaces makes sure that every group has a chunk for each column, and that chunks follow each other
// without overlap up to end, where the footer begins: what is read is then never more than the file.
func (f *File) checkPlaces(end int64) error {
	from := int64(len(magic))
	for i, group := range f.Groups {
		if len(group.chunks) != len(f.Columns) {
			return corrupt("row group %d has %d of %d columns", i, len(group.chunks), len(f.Columns))
		}
		start := from
		for _, chunk := range group.chunks {
			if chunk.offset < from || chunk.offset > end || chunk.size > end-chunk.offset {
				return corrupt("row group %d: a chunk is out of place", i)
			}
			from = chunk.offset + chunk.size
		}
		if from-start > maxGroupBytes {
			return corrupt("row group %d: %d bytes, of at most %d", i, from-start, maxGroupBytes)
		}
	}
	return nil
}
