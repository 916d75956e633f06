package checker

import "slices"

// lookup finds rows by a key that several may share. It is one sorted slice of pointers: with millions of
// rows a map of slices would be larger than the rows themselves, and its order another one every time.
type lookup[K, T any] struct {
	rows    []*T
	key     func(*T) K
	compare func(a, b K) int
}

// newLookup sorts rows by key, and those that share one by tie. It takes over the slice.
func newLookup[K, T any](rows []*T, key func(*T) K, compare func(a, b K) int, tie func(a, b *T) int) lookup[K, T] {
	slices.SortStableFunc(rows, func(a, b *T) int {
		if order := compare(key(a), key(b)); order != 0 {
			return order
		}
		return tie(a, b)
	})
	return lookup[K, T]{rows, key, compare}
}

// of returns the rows with a key.
func (l lookup[K, T]) of(key K) []*T {
	start, found := slices.BinarySearchFunc(l.rows, key, func(row *T, key K) int { return l.compare(l.key(row), key) })
	if !found {
		return nil
	}
	return l.rows[start:l.end(start)]
}

// each calls group for every key and its rows, in the order of keys.
func (l lookup[K, T]) each(group func(key K, rows []*T)) {
	for start := 0; start < len(l.rows); {
		end := l.end(start)
		group(l.key(l.rows[start]), l.rows[start:end:end])
		start = end
	}
}

// end is where the key of the row at start ends.
func (l lookup[K, T]) end(start int) int {
	end := start + 1
	for end < len(l.rows) && l.compare(l.key(l.rows[end]), l.key(l.rows[start])) == 0 {
		end++
	}
	return end
}

// pointers returns pointers to the rows that keep, or to all of them.
func pointers[T any](rows []T, keep func(*T) bool) []*T {
	list := make([]*T, 0, len(rows))
	for i := range rows {
		if row := &rows[i]; keep == nil || keep(row) {
			list = append(list, row)
		}
	}
	return list
}
