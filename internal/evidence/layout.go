package evidence

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"flashsale/internal/evidence/internal/columnar"
)

// field is where a column of a file goes in a row's struct.
type field struct {
	path   string // of the column
	column int    // its number in the file
	kind   reflect.Kind
	offset uintptr // from the row's first byte
}

// layoutOf lists the columns of a struct with parquet tags, in their order.
func layoutOf(row reflect.Type) []field {
	layout := fieldsOf(row)
	for i := range layout {
		layout[i].column = i
	}
	return layout
}

func fieldsOf(row reflect.Type) (layout []field) {
	for i := range row.NumField() {
		part := row.Field(i)
		name, _, _ := strings.Cut(part.Tag.Get("parquet"), ",")
		if part.Type.Kind() != reflect.Struct {
			layout = append(layout, field{path: name, kind: part.Type.Kind(), offset: part.Offset})
			continue
		}
		for _, below := range fieldsOf(part.Type) {
			layout = append(layout, field{path: name + "." + below.path, kind: below.kind, offset: part.Offset + below.offset})
		}
	}
	return layout
}

// pick keeps the fields of the columns with the given paths; without paths all of them.
func pick(layout []field, paths []string) ([]field, error) {
	if len(paths) == 0 {
		return layout, nil
	}
	for _, path := range paths {
		if !slices.ContainsFunc(layout, func(f field) bool { return f.path == path }) {
			return nil, fmt.Errorf("there is no column %s to be read", path)
		}
	}
	return slices.DeleteFunc(layout, func(f field) bool { return !slices.Contains(paths, f.path) }), nil
}

// columnKinds says how a file keeps the types of fields that rows may have.
var columnKinds = map[reflect.Kind]columnar.Kind{
	reflect.Bool: columnar.Bool, reflect.Int32: columnar.Int32, reflect.Int64: columnar.Int64, reflect.String: columnar.Text,
}

// checkColumns tells whether a file has just the columns of a layout.
func checkColumns(columns []columnar.Column, layout []field) error {
	if len(columns) != len(layout) {
		return fmt.Errorf("%w: %d columns, this build reads %d", ErrForeign, len(columns), len(layout))
	}
	for i, field := range layout {
		kind, known := columnKinds[field.kind]
		if !known || columns[i].Path != field.path || columns[i].Kind != kind {
			return fmt.Errorf("%w: column %d is %s, this build reads %s", ErrForeign, i+1, columns[i].Path, field.path)
		}
	}
	return nil
}
