package columnar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"pgregory.net/rapid"
)

// row has a column of every kind in every encoding that rows of evidence use.
type row struct {
	Delta int64  `parquet:"delta,delta"`
	Dict  int64  `parquet:"dict,dict"`
	Small int32  `parquet:"small,dict"`
	Plain int64  `parquet:"plain"`
	Flag  bool   `parquet:"flag"`
	Word  string `parquet:"word,dict"`
	Inner struct {
		Key   string `parquet:"key,delta"`
		Plain string `parquet:"plain,plain"`
	} `parquet:"inner"`
}

// encode writes rows as the general library does, pageBytes a page and groupRows a row group.
func encode(t testing.TB, rows []row, pageBytes int, groupRows int64) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := parquet.NewGenericWriter[row](&buffer, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.PageBufferSize(pageBytes), parquet.MaxRowsPerRowGroup(groupRows), parquet.KeyValueMetadata("name", "value"))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// decoded are the values of a file, by column.
type decoded struct {
	numbers map[string][]int64
	words   map[string][]string
}

func decode(content []byte) (*decoded, error) {
	file, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	values := &decoded{make(map[string][]int64), make(map[string][]string)}
	scratch := NewScratch()
	for i, column := range file.Columns {
		reader := file.Reader(i, scratch)
		for {
			page, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			values.numbers[column.Path] = append(values.numbers[column.Path], page.Numbers...)
			values.words[column.Path] = append(values.words[column.Path], page.Words...)
		}
	}
	return values, nil
}

// columns lists the values of rows as decode does.
func columns(rows []row) *decoded {
	values := &decoded{make(map[string][]int64), make(map[string][]string)}
	for _, r := range rows {
		flag := int64(0)
		if r.Flag {
			flag = 1
		}
		for path, number := range map[string]int64{"delta": r.Delta, "dict": r.Dict, "small": int64(r.Small), "plain": r.Plain, "flag": flag} {
			values.numbers[path] = append(values.numbers[path], number)
		}
		for path, word := range map[string]string{"word": r.Word, "inner.key": r.Inner.Key, "inner.plain": r.Inner.Plain} {
			values.words[path] = append(values.words[path], word)
		}
	}
	return values
}

func compare(t interface{ Fatalf(string, ...any) }, got, want *decoded) {
	for path := range want.numbers {
		if !slices.Equal(got.numbers[path], want.numbers[path]) {
			t.Fatalf("column %s: %v, want %v", path, got.numbers[path], want.numbers[path])
		}
	}
	for path := range want.words {
		if !slices.Equal(got.words[path], want.words[path]) {
			t.Fatalf("column %s: %q, want %q", path, got.words[path], want.words[path])
		}
	}
}

func TestReadsWhatTheLibraryWrites(t *testing.T) {
	// Numbers of every width from one bit up, so that every width of packing comes up.
	number := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64().Draw(t, "number") >> rapid.UintRange(0, 63).Draw(t, "shift")
	})
	any := rapid.Custom(func(t *rapid.T) (r row) {
		r.Delta, r.Plain, r.Flag = number.Draw(t, "delta"), number.Draw(t, "plain"), rapid.Bool().Draw(t, "flag")
		r.Dict, r.Small = rapid.Int64Range(-40, 40).Draw(t, "dict"), rapid.Int32().Draw(t, "small")
		r.Word = rapid.SampledFrom([]string{"", "paid", "canceled", "é\x00"}).Draw(t, "word")
		r.Inner.Key, r.Inner.Plain = rapid.StringN(0, 40, 255).Draw(t, "key"), rapid.String().Draw(t, "text")
		return r
	})
	rapid.Check(t, func(rt *rapid.T) {
		rows := slices.Repeat(rapid.SliceOfN(any, 0, 60).Draw(rt, "rows"), rapid.IntRange(1, 9).Draw(rt, "times"))
		content := encode(t, rows, rapid.IntRange(64, 4096).Draw(rt, "page"), rapid.Int64Range(1, 300).Draw(rt, "group"))
		got, err := decode(content)
		if err != nil {
			rt.Fatal(err)
		}
		compare(rt, got, columns(rows))
	})
}

func TestReadsExtremes(t *testing.T) {
	rows := []row{{Delta: math.MinInt64, Small: math.MinInt32}, {Delta: math.MaxInt64, Small: math.MaxInt32}, {Delta: -1}, {Delta: math.MinInt64}}
	rows = append(rows, slices.Repeat([]row{{Word: strings.Repeat("x", 5000)}}, 70_000)...)
	got, err := decode(encode(t, rows, 1<<18, 1<<16))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got, columns(rows))
}

func TestSchemaAndKeys(t *testing.T) {
	content := encode(t, nil, 1<<10, 1)
	file, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{{"delta", Int64}, {"dict", Int64}, {"small", Int32}, {"plain", Int64}, {"flag", Bool}, {"word", Text}, {"inner.key", Text}, {"inner.plain", Text}}
	if !reflect.DeepEqual(file.Columns, want) {
		t.Errorf("columns %v", file.Columns)
	}
	if value, found := file.Lookup("name"); value != "value" || !found {
		t.Errorf("name is %q, %v", value, found)
	}
	if _, found := file.Lookup("no such key"); found {
		t.Error("found a key that is not there")
	}
}

// framed is a file with nothing but a footer.
func framed(footer []byte) []byte {
	return slices.Concat([]byte(magic), footer, binary.LittleEndian.AppendUint32(nil, uint32(len(footer))), []byte(magic))
}

// Footers that make a trusting reader overflow its stack or its memory.
func TestHostileFooters(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}
	for name, footer := range map[string][]byte{
		"empty":                    {},
		"structs without an end":   bytes.Repeat([]byte{0x1c}, 1<<24),
		"lists without an end":     append([]byte{0x69}, bytes.Repeat([]byte{0x19}, 1<<24)...),
		"a list of 2^62 schemas":   slices.Concat([]byte{0x29, 0xfc}, huge),
		"a list of 2^62 groups":    slices.Concat([]byte{0x49, 0xfc}, huge),
		"a name of 2^62 bytes":     slices.Concat([]byte{0x29, 0x1c, 0x48}, huge),
		"a number without an end":  slices.Concat([]byte{0x36}, bytes.Repeat([]byte{0xff}, 40)),
		"a map":                    {0x1b, 0x00, 0x00},
		"text for a number":        {0x4c, 0x00},
		"a million empty groups":   slices.Concat([]byte{0x49, 0xfc, 0xc0, 0x84, 0x3d}, make([]byte, 1<<20)),
		"a schema of nobody":       {0x29, 0x2c, 0x15, 0x04, 0x00, 0x15, 0x04, 0x00, 0x00},
		"children without an end":  {0x29, 0x1c, 0x55, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x00},
		"more children than there": {0x29, 0x1c, 0x55, 0x08, 0x00, 0x00},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := decode(framed(footer)); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestHostilePages(t *testing.T) {
	plain := func(count int, body ...byte) func() error {
		return func() error { return decodePlain(new(Page), Text, count, body) }
	}
	indexes := func(count int, body ...byte) func() error {
		return func() error { _, err := decodeIndexes(nil, count, []int64{7}, body); return err }
	}
	delta := func(count int, body ...byte) func() error {
		return func() error { _, _, err := decodeDelta(nil, count, body); return err }
	}
	for name, attempt := range map[string]func() error{
		"text cut off":                    plain(1, 9, 0, 0, 0, 'x'),
		"text without its length":         plain(2, 0, 0, 0, 0),
		"numbers cut off":                 func() error { return decodePlain(new(Page), Int64, 2, make([]byte, 15)) },
		"bits cut off":                    func() error { return decodePlain(new(Page), Bool, 9, make([]byte, 1)) },
		"an unknown kind":                 func() error { return decodePlain(new(Page), 4, 1, make([]byte, 99)) },
		"no width":                        indexes(1),
		"too wide":                        indexes(1, 33),
		"an index beyond the dictionary":  indexes(1, 1, 2, 1),
		"packed beyond the dictionary":    indexes(8, 1, 3, 0xff),
		"runs of nothing":                 indexes(1, 1, 0, 0, 0, 0),
		"packed runs of nothing":          indexes(1, 1, 1, 1, 1),
		"a run cut off":                   indexes(1, 8, 2),
		"more packed than there is":       indexes(8, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"another count":                   delta(5, 0x80, 1, 4, 6, 0),
		"blocks of nothing":               delta(5, 0, 4, 5, 0),
		"blocks in no parts":              delta(5, 0x80, 1, 0, 5, 0),
		"parts of half a byte":            delta(5, 4, 1, 5, 0),
		"differences of 65 bits":          delta(5, 8, 1, 5, 0, 0, 65, 0, 0, 0, 0),
		"differences cut off":             delta(5, 8, 1, 5, 0, 0, 8, 1, 2, 3),
		"differences without their width": delta(5, 8, 1, 5, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			if err := attempt(); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
		})
	}
}
