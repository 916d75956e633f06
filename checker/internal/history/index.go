package history

import (
	"iter"
	"math"
	"slices"
)

// None is the number of no record.
const None = uint32(math.MaxUint32)

// sparsity is how many places a dense table may have for each id before a map is smaller.
const sparsity = 8

// IDs finds records by their ids. A database hands out ids with small gaps, so that a plain table does; ids
// from elsewhere get a map.
type IDs struct {
	first  int64
	dense  []uint32 // the record's number plus one; 0: no record has this id
	sparse map[int64]uint32
}

// IndexIDs indexes the records of a list by id. Of two records with one id the later is found.
func IndexIDs[T any](list *List[T], id func(*T) int64) IDs {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, record := range list.All() {
		low, high = min(low, id(record)), max(high, id(record))
	}
	if list.Len() == 0 {
		return IDs{}
	}
	if span := uint64(high) - uint64(low); span < sparsity*uint64(list.Len()) {
		dense := make([]uint32, span+1)
		for i, record := range list.All() {
			dense[id(record)-low] = i + 1
		}
		return IDs{first: low, dense: dense}
	}
	sparse := make(map[int64]uint32, list.Len())
	for i, record := range list.All() {
		sparse[id(record)] = i
	}
	return IDs{sparse: sparse}
}

// Find returns the number of the record with an id, or None.
func (x *IDs) Find(id int64) uint32 {
	if x.sparse != nil {
		if i, ok := x.sparse[id]; ok {
			return i
		}
		return None
	}
	if at := uint64(id) - uint64(x.first); id >= x.first && at < uint64(len(x.dense)) {
		return x.dense[at] - 1 // 0 becomes None
	}
	return None
}

// Groups gathers the members of numbered groups: two flat arrays instead of a slice each.
type Groups struct {
	starts  []uint32 // of each group, and the end of the last
	members []uint32
}

// Group assigns the records of a list to groups 0 to n-1; None leaves a record out. Members keep their order.
func Group[T any](list *List[T], n int, of func(*T) uint32) Groups {
	starts := make([]uint32, n+2) // group g is counted at g+2, so that filling it moves its start to g+1
	for _, record := range list.All() {
		if g := of(record); g != None {
			starts[g+2]++
		}
	}
	for g := 2; g < len(starts); g++ {
		starts[g] += starts[g-1]
	}
	members := make([]uint32, starts[n+1])
	for i, record := range list.All() {
		if g := of(record); g != None {
			members[starts[g+1]] = i
			starts[g+1]++
		}
	}
	return Groups{starts[:n+1], members}
}

// Len is the number of groups.
func (g *Groups) Len() int { return max(len(g.starts)-1, 0) }

// Of returns the members of a group; None has no members.
func (g *Groups) Of(group uint32) []uint32 {
	if int64(group) >= int64(g.Len()) {
		return nil
	}
	return g.members[g.starts[group]:g.starts[group+1]:g.starts[group+1]]
}

// All goes through the groups that have members.
func (g *Groups) All() iter.Seq2[uint32, []uint32] {
	return func(yield func(uint32, []uint32) bool) {
		for group := range uint32(g.Len()) {
			if members := g.Of(group); len(members) > 0 && !yield(group, members) {
				return
			}
		}
	}
}

// Sort puts the members of every group in order.
func (g *Groups) Sort(compare func(a, b uint32) int) {
	for _, members := range g.All() {
		if len(members) > 1 {
			slices.SortFunc(members, compare)
		}
	}
}
