package realtime

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSortByCallIsAStableSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		call := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 1<<40), rapid.Int64())
		writes := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Write {
			return Write{Call: call.Draw(t, "call"), Position: rapid.Uint32().Draw(t, "position")}
		})).Draw(t, "writes")
		want := slices.Clone(writes)
		slices.SortStableFunc(want, func(a, b Write) int { return cmp.Compare(a.Call, b.Call) })
		if sortByCall(writes); !slices.Equal(writes, want) {
			t.Fatalf("sorted to %v, want %v", writes, want)
		}
	})
}
