package strawman

import (
	"sync/atomic"
	"time"
)

// waitersMax bounds the queue: at the strawman's pace a longer one only holds requests that will time out in it.
const waitersMax = 4096

// gate lets as many requests at the database as there are sessions, first come first served, and keeps a bounded
// number waiting for a bounded time.
type gate struct {
	turns   chan struct{}
	waiting atomic.Int64
	patient int64 // waiters at most
}

func newGate(turns int, patient int64) *gate {
	return &gate{turns: make(chan struct{}, turns), patient: patient}
}

// enter takes a turn, which leave gives back. False means refused: the queue is full or the time is up.
func (g *gate) enter(until time.Time) bool {
	select {
	case g.turns <- struct{}{}:
		return true
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.patient {
		return false
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case g.turns <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

func (g *gate) leave() { <-g.turns }
