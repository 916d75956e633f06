package evidence

import (
	"reflect"
	"unsafe"

	"flashsale/internal/evidence/internal/columnar"
)

// This file alone uses package unsafe: to write one column's values into one field of many structs. It is
// sound because the offset comes from reflection over the very type of the rows, the field's kind there
// decides the type that is written, other kinds than these are refused before (checkColumns), and every row
// is reached through its slice. The stores are typed, so the garbage collector sees the strings.

// scatter writes a page's values from the given one on into a field of as many rows as there are, and
// returns how many those were.
func scatter[Row any](rows []Row, to field, page *columnar.Page, from int) int {
	n := min(len(rows), page.Len()-from)
	if n == 0 {
		return 0
	}
	rows = rows[:n]
	switch to.kind {
	case reflect.String:
		for i, word := range page.Words[from : from+n] {
			*at[string](&rows[i], to.offset) = word
		}
	case reflect.Int64:
		for i, number := range page.Numbers[from : from+n] {
			*at[int64](&rows[i], to.offset) = number
		}
	case reflect.Int32:
		for i, number := range page.Numbers[from : from+n] {
			*at[int32](&rows[i], to.offset) = int32(number)
		}
	case reflect.Bool:
		for i, number := range page.Numbers[from : from+n] {
			*at[bool](&rows[i], to.offset) = number != 0
		}
	}
	return n
}

// at is the field of a row at an offset.
func at[Field, Row any](row *Row, offset uintptr) *Field {
	return (*Field)(unsafe.Add(unsafe.Pointer(row), offset))
}
