package checker

import "flashsale/internal/evidence"

// albumChanges bounds the commits that are kept to be shown, by the rows that they changed: some megabytes.
const albumChanges = 1 << 13

// album keeps the newest commits of a log that nobody saves, so that a violation can be shown with what led to it.
type album struct {
	commits []evidence.Commit // oldest first
	changes int
}

// add puts in the newest commit, and takes out as many of the oldest as it needs room for. The newest always stays.
func (a *album) add(c evidence.Commit) {
	a.commits = append(a.commits, c)
	a.changes += len(c.Changes)
	gone := 0
	for a.changes > albumChanges && gone < len(a.commits)-1 {
		a.changes -= len(a.commits[gone].Changes)
		a.commits[gone] = evidence.Commit{} // lets go of its changes
		gone++
	}
	a.commits = a.commits[gone:]
}

// show fills in the commits that show a violation, as far as they are still there.
func (a *album) show(about *accusation) {
	shelf := newShelf(about)
	for i := range a.commits {
		shelf.offerCommit(&a.commits[i])
	}
}
