package realtime

import "fmt"

// Promise is one of the three promises that the order of commits and the clients' clock decide together.
type Promise uint8

// The promises, as in the list of checks.
const (
	InOrder      Promise = iota // real-time-order
	ReadTrue                    // reads-true
	RefusalTrue                 // refusals-true
	promiseCount                // how many there are
)

// Finding is an answer that was true at no instant, or a commit that came too late.
type Finding struct {
	Promise   Promise
	What      string // one sentence, the same for all findings of its kind
	Operation uint32 // whose answer it is; 0: none in particular
	AtNS      int64  // when it returned, on the clients' clock
	AtUS      int64  // when it was decided, on the database's; 0: not known
	IDs       map[string]int64
	Expected  string
	Found     string
	Severity  int64

	// After and Before are the operations that bound the answer: what After had shown was visible to it, and what
	// Before called for was not. 0: none.
	After, Before uint32

	// Commits are the positions of a few commits that show it, in order.
	Commits []Position
}

// commitsMax bounds the commits that are shown with one finding.
const commitsMax = 6

// few keeps the first and the last of many.
func few(positions []Position) []Position {
	if len(positions) <= commitsMax {
		return positions
	}
	const half = commitsMax / 2
	return append(positions[:half:half], positions[len(positions)-half:]...)
}

func (w Window) String() string {
	switch {
	case w.High == Never:
		return fmt.Sprintf("after commit %d or any later one", w.Low)
	case w.Low == w.High:
		return fmt.Sprintf("after commit %d", w.Low)
	default:
		return fmt.Sprintf("after one of the commits %d to %d", w.Low, w.High)
	}
}
