package realtime

import "math"

// Position is a place in the order of commits. Ten million operations make fewer than 2^32 commits; a log that is
// longer cannot be read into memory at all.
type Position = uint32

// Never is after every commit.
const Never = Position(math.MaxUint32)

// Write is a commit of a request: its position, from 1, and the client time of the request's earliest attempt, which
// is that of operation By.
type Write struct {
	Call     int64
	Position Position
	By       uint32
}

// Window is the range of positions at which an answer can have been given.
type Window struct{ Low, High Position }

// Empty tells that no position is left. Then the order of commits itself contradicts the clients: some answer's
// own commit comes after one that was only called for after its return, and that answer's window shows it.
func (w Window) Empty() bool { return w.Low > w.High }

// Reaches tells whether a commit can have been visible.
func (w Window) Reaches(p Position) bool { return p <= w.High && p != Never }

// Sweep gives out windows, answer by answer, in the order of returns.
type Sweep struct {
	writes []Write // by call; each stands for the one of least position from here on
	next   int     // the first write called after the latest return
	since  []int64 // client times from which on each floor holds, ascending
	floors []floor // positions that had been shown, ascending
}

// floor is a position that had been shown, by the answer of the operation with the id by.
type floor struct {
	position Position
	by       uint32
}

// NewSweep begins a sweep. It takes over the slice.
func NewSweep(writes []Write) *Sweep {
	sortByCall(writes)
	for i := len(writes) - 2; i >= 0; i-- {
		if later := writes[i+1]; later.Position < writes[i].Position {
			writes[i].Position, writes[i].By = later.Position, later.By
		}
	}
	return &Sweep{writes: writes}
}

// Window bounds the answer of an operation. Returns must not decrease from one call to the next.
func (s *Sweep) Window(call, ret int64) Window {
	for s.next < len(s.writes) && s.writes[s.next].Call <= ret {
		s.next++
	}
	w := Window{High: Never}
	if f := s.floorBefore(call); f != nil {
		w.Low = f.position
	}
	if s.next < len(s.writes) {
		w.High = s.writes[s.next].Position - 1
	}
	return w
}

// Took says that the answer which returned at ret, that of operation by, has shown a position. It comes after the
// answer's own Window.
func (s *Sweep) Took(ret int64, position Position, by uint32) {
	shown := Position(0)
	if n := len(s.floors); n > 0 {
		shown = s.floors[n-1].position
	}
	if position > shown {
		s.since, s.floors = append(s.since, ret), append(s.floors, floor{position, by})
	}
}

// floorBefore finds the highest position that had been shown before a call. Few answers are under way at a time, so
// it is one of the last.
func (s *Sweep) floorBefore(call int64) *floor {
	n := seek(s.since, len(s.since), call-1)
	if n == 0 {
		return nil
	}
	return &s.floors[n-1]
}

// LowBy names the operation whose answer is the lower bound of a call; 0: there is none.
func (s *Sweep) LowBy(call int64) uint32 {
	if f := s.floorBefore(call); f != nil {
		return f.by
	}
	return 0
}

// HighBy is the commit that bounds the answer which Window was last asked about, and the operation that called for it.
func (s *Sweep) HighBy() (position Position, by uint32, ok bool) {
	if s.next == len(s.writes) {
		return 0, 0, false
	}
	return s.writes[s.next].Position, s.writes[s.next].By, true
}
