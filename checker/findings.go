package checker

import (
	"cmp"
	"slices"
)

// findings is what a check reports: how often the promise was put to the test, and how it was broken.
type findings struct {
	exercised int64
	replayed  int64  // how often the replay of the commit log put it to the test
	doubt     string // why a clean result proves nothing; violations stand all the same
	note      string // how the check was limited, if it was
	kinds     map[string]*accusation
}

// accusation is a violation on its way to the verdict: what shows it is only named so far.
type accusation struct {
	Violation
	shown exhibit // the first case
}

func newFindings() *findings { return &findings{kinds: make(map[string]*accusation)} }

// violate reports one case of a violation; what is the sentence that all cases of a kind share.
func (f *findings) violate(what string, c Case, shown exhibit) {
	a := f.kinds[what]
	if a == nil {
		a = &accusation{Violation{What: what, First: c, Worst: c}, shown}
		f.kinds[what] = a
	}
	a.Count++
	if c.severity > a.Worst.severity || c.severity == a.Worst.severity && earlier(c, a.Worst) {
		a.Worst = c
	}
	if earlier(c, a.First) {
		a.First, a.shown = c, shown
	}
}

// earlier compares cases by the clock that both have.
func earlier(a, b Case) bool {
	if a.AtUS != 0 && b.AtUS != 0 {
		return a.AtUS < b.AtUS
	}
	return a.AtNS != 0 && b.AtNS != 0 && a.AtNS < b.AtNS
}

// list returns the violations, the most frequent first.
func (f *findings) list() []*accusation {
	list := make([]*accusation, 0, len(f.kinds))
	for _, a := range f.kinds {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *accusation) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.What, b.What))
	})
	return list
}
