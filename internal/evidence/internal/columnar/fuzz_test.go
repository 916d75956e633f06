package columnar

import (
	"errors"
	"testing"
)

// FuzzFile reads whatever it is given: values or ErrCorrupt, and never more values than its row groups may have.
func FuzzFile(f *testing.F) {
	rows := make([]row, 40)
	for i := range rows {
		rows[i] = row{Delta: int64(i * i), Dict: int64(i % 3), Plain: int64(i), Flag: i%2 == 0, Word: []string{"a", "b"}[i%2]}
		rows[i].Inner.Key = []string{"key-1", "key-2", "other"}[i%3]
	}
	f.Add(encode(f, rows, 1<<12, 1<<16))
	f.Add(encode(f, rows, 100, 13))
	f.Add(encode(f, nil, 100, 13))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<16 {
			t.Skip("more bytes find nothing more")
		}
		if _, err := decode(content); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

// FuzzPage decodes the body of a page, which in a file hides behind its compression.
func FuzzPage(f *testing.F) {
	f.Add(int64(encodingPlain), byte(Text), uint16(1), []byte{1, 0, 0, 0, 'x'})
	f.Add(int64(encodingPlain), byte(Bool), uint16(8), []byte{0xa5})
	f.Add(int64(encodingDictionary), byte(Int64), uint16(9), []byte{1, 3, 0xa5, 2, 1})
	f.Add(int64(encodingDelta), byte(Int64), uint16(5), []byte{8, 1, 5, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(int64(encodingDeltaText), byte(Text), uint16(2), []byte{8, 1, 2, 0, 2, 0, 8, 1, 2, 2, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, encoding int64, kind byte, count uint16, body []byte) {
		r := &Reader{file: &File{Columns: []Column{{Kind: Kind(kind)}}}, scratch: new(Scratch)}
		r.dictionary = Page{Numbers: []int64{1, 2, 3}, Words: []string{"a", "b", "c"}}
		err := r.decode(pageHeader{encoding: encoding, values: int64(count)}, body)
		switch {
		case err != nil && !errors.Is(err, ErrCorrupt):
			t.Errorf("%T: %v", err, err)
		case err == nil && r.page.Len() != int(count):
			t.Errorf("%d values of %d", r.page.Len(), count)
		}
	})
}
