package columnar

import "io"

// Page is a run of values of one column: numbers of every kind but Text, which has words. A truth value is
// 1 or 0.
type Page struct {
	Numbers []int64
	Words   []string
}

// Len is how many values there are.
func (p *Page) Len() int { return len(p.Numbers) + len(p.Words) }

// Reader reads one column of a file, a page at a time. Readers that are used by one goroutine share a
// Scratch; those of several goroutines may read the same file.
type Reader struct {
	file    *File
	index   int
	scratch *Scratch

	group      int    // the next row group
	rows       int64  // of the current one, still to come
	buffer     []byte // holds the current chunk,
	left       []byte // and this much of it is still to be decoded,
	budget     int64  // into no more bytes than this
	dictionary Page
	page       Page
	names      map[string]string // words of dictionaries: each is kept once, however many chunks repeat it
}

// Reader reads the column of the given index from its first row.
func (f *File) Reader(index int, scratch *Scratch) *Reader {
	return &Reader{file: f, index: index, scratch: scratch, names: make(map[string]string)}
}

// Next decodes the next page. Its slices are valid until the next call, its words for good. A page does not
// reach over the end of a row group. After the last one Next returns io.EOF.
func (r *Reader) Next() (*Page, error) {
	if r.rows == 0 {
		if err := r.open(); err != nil {
			return nil, err
		}
	}
	for {
		header, body, err := r.cut()
		if err != nil {
			return nil, err
		}
		if header.kind == dictionaryPage {
			if err := r.readDictionary(header, body); err != nil {
				return nil, err
			}
			continue
		}
		if header.values == 0 || header.values > r.rows {
			return nil, corrupt("a page of %d values where %d rows are left", header.values, r.rows)
		}
		if r.rows -= header.values; r.rows == 0 && len(r.left) > 0 {
			return nil, corrupt("%d bytes follow the last row of a chunk", len(r.left))
		}
		return &r.page, r.decode(header, body)
	}
}

// open reads the chunk of the next row group.
func (r *Reader) open() error {
	if r.group == len(r.file.Groups) {
		return io.EOF
	}
	group := &r.file.Groups[r.group]
	place := group.chunks[r.index]
	r.buffer = sized(r.buffer, int(place.size))
	if _, err := r.file.reader.ReadAt(r.buffer, place.offset); err != nil {
		return err
	}
	r.group, r.rows, r.left, r.budget = r.group+1, group.Rows, r.buffer, maxChunkBytes
	r.dictionary.Numbers, r.dictionary.Words = r.dictionary.Numbers[:0], r.dictionary.Words[:0]
	return nil
}

// cut takes the next page off the chunk, and unpacks it.
func (r *Reader) cut() (header pageHeader, body []byte, err error) {
	c := &cursor{left: r.left, wire: wireStruct}
	header = readPageHeader(c)
	packed := c.take(uint64(header.packed))
	if c.err != nil {
		return header, nil, c.err
	}
	if r.budget -= header.size; r.budget < 0 {
		return header, nil, corrupt("a chunk of more than %d bytes", maxChunkBytes)
	}
	r.left = c.left
	body, err = r.scratch.unpack(header, packed)
	return header, body, err
}

// maxNames bounds what a Reader remembers, should a file hold a million different "words".
const maxNames = 1 << 10

func (r *Reader) readDictionary(header pageHeader, body []byte) (err error) {
	if header.encoding != encodingPlain {
		return corrupt("a dictionary in encoding %d", header.encoding)
	}
	if err := decodePlain(&r.dictionary, r.kind(), int(header.values), body); err != nil {
		return err
	}
	for i, word := range r.dictionary.Words {
		known, found := r.names[word]
		switch {
		case found:
			r.dictionary.Words[i] = known
		case len(r.names) < maxNames:
			r.names[word] = word
		}
	}
	return nil
}

func (r *Reader) kind() Kind { return r.file.Columns[r.index].Kind }

// decode fills the page.
func (r *Reader) decode(header pageHeader, body []byte) (err error) {
	count, text := int(header.values), r.kind() == Text
	switch header.encoding {
	case encodingPlain:
		return decodePlain(&r.page, r.kind(), count, body)
	case encodingDictionary:
		if text {
			r.page.Words, err = decodeIndexes(r.page.Words, count, r.dictionary.Words, body)
		} else {
			r.page.Numbers, err = decodeIndexes(r.page.Numbers, count, r.dictionary.Numbers, body)
		}
	case encodingDelta:
		if text {
			return corrupt("text in the encoding of numbers")
		}
		r.page.Numbers, _, err = decodeDelta(r.page.Numbers, count, body)
	case encodingDeltaText:
		if !text {
			return corrupt("numbers in the encoding of text")
		}
		r.page.Words, err = r.scratch.decodeDeltaText(r.page.Words, count, body)
	default:
		return corrupt("encoding %d", header.encoding)
	}
	return err
}

// sized is a slice of n values in the buffer's memory, or in new memory if that is too small.
func sized[V any](buffer []V, n int) []V {
	if cap(buffer) < n {
		return make([]V, n)
	}
	return buffer[:n]
}
