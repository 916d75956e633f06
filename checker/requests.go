package checker

import (
	"cmp"
	"iter"
	"slices"

	"flashsale/checker/internal/history"
)

// requests gathers the attempts at each request of one kind, by call: those under one key, for one key is one
// request however often it is sent; without a key those that retried the same first attempt.
type requests struct {
	keyed   history.Groups // by key
	keyless [][]uint32
}

// attempted is a record of one attempt.
type attempted[T any] interface {
	*T
	Base() *history.Attempt
}

func newRequests[T any, P attempted[T]](calls *history.List[T], keys int) requests {
	at := func(i uint32) *history.Attempt { return P(calls.At(i)).Base() }
	byCall := func(i, j uint32) int {
		a, b := at(i), at(j)
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.ID, b.ID))
	}
	r := requests{keyed: history.Group(calls, keys, func(c *T) uint32 { return P(c).Base().Key.Group() })}
	r.keyed.Sort(byCall)

	var loose []uint32
	for i, c := range calls.All() {
		if P(c).Base().Key == 0 {
			loose = append(loose, i)
		}
	}
	slices.SortFunc(loose, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(at(i).Request, at(j).Request), byCall(i, j))
	})
	for start := 0; start < len(loose); {
		end := start + 1
		for end < len(loose) && at(loose[end]).Request == at(loose[start]).Request {
			end++
		}
		r.keyless = append(r.keyless, loose[start:end:end])
		start = end
	}
	return r
}

// of returns the attempts under a key.
func (r *requests) of(key history.KeyID) []uint32 { return r.keyed.Of(key.Group()) }

// all goes through the requests: those with a key, then those without one.
func (r *requests) all() iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		for _, attempts := range r.keyed.All() {
			if !yield(attempts) {
				return
			}
		}
		for _, attempts := range r.keyless {
			if !yield(attempts) {
				return
			}
		}
	}
}

// sameRequest tells whether two attempts of one kind are attempts at one request.
func sameRequest(a, b *history.Attempt) bool {
	return a.Key == b.Key && (a.Key != 0 || a.Request == b.Request)
}
