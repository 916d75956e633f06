package realtime

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// answer is an answer that some positions can explain.
type answer struct {
	call, ret int64
	fits      map[Position]bool
}

// The greedy choice finds a position for every answer exactly if some assignment does.
func TestSweepFindsAnAssignmentIfThereIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const last = 5
		instant := rapid.Int64Range(0, 12)
		writes := make([]Write, 0, last)
		for p := Position(1); p <= last; p++ {
			if rapid.Bool().Draw(t, "known") {
				writes = append(writes, Write{Call: instant.Draw(t, "write"), Position: p})
			}
		}
		answers := make([]answer, rapid.IntRange(1, 5).Draw(t, "answers"))
		for i := range answers {
			a := &answers[i]
			a.call = instant.Draw(t, "call")
			a.ret = a.call + rapid.Int64Range(0, 6).Draw(t, "latency")
			a.fits = make(map[Position]bool)
			for _, p := range rapid.SliceOf(rapid.Uint32Range(0, last)).Draw(t, "fits") {
				a.fits[p] = true
			}
		}
		slices.SortStableFunc(answers, func(a, b answer) int { return int(a.ret - b.ret) })
		if got, want := greedy(slices.Clone(writes), answers, last), assignable(writes, answers, nil, last); got != want {
			t.Fatalf("greedy %v, exhaustive %v: writes %+v, answers %+v", got, want, writes, answers)
		}
	})
}

func greedy(writes []Write, answers []answer, last Position) bool {
	s := NewSweep(writes)
	explained := true
	for _, a := range answers {
		w := s.Window(a.call, a.ret)
		found := false
		for p := w.Low; p <= min(w.High, last) && !found; p++ {
			if found = a.fits[p]; found {
				s.Took(a.ret, p, 0)
			}
		}
		explained = explained && found
	}
	return explained
}

// assignable tries every assignment.
func assignable(writes []Write, answers []answer, taken []Position, last Position) bool {
	if len(taken) == len(answers) {
		return true
	}
	a := answers[len(taken)]
	for p := Position(0); p <= last; p++ {
		if a.fits[p] && allowed(writes, answers, taken, p) && assignable(writes, answers, append(taken, p), last) {
			return true
		}
	}
	return false
}

func allowed(writes []Write, answers []answer, taken []Position, p Position) bool {
	a := answers[len(taken)]
	for _, w := range writes {
		if w.Call > a.ret && w.Position <= p {
			return false
		}
	}
	for i, q := range taken {
		if answers[i].ret < a.call && q > p || a.ret < answers[i].call && p > q {
			return false
		}
	}
	return true
}

func TestSweepNamesWhatBounds(t *testing.T) {
	s := NewSweep([]Write{
		{Call: 50, Position: 7, By: 70}, {Call: 40, Position: 9, By: 90}, {Call: 5, Position: 2, By: 20},
	})
	s.Window(1, 10)
	s.Took(10, 2, 1)
	if w := s.Window(11, 30); w != (Window{2, 6}) || s.LowBy(11) != 1 {
		t.Errorf("window %+v, from operation %d", w, s.LowBy(11))
	}
	if position, by, ok := s.HighBy(); !ok || position != 7 || by != 70 {
		t.Errorf("bounded above by commit %d of operation %d, %v", position, by, ok)
	}
	s.Took(30, 6, 2)
	if w := s.Window(30, 60); w != (Window{2, Never}) {
		t.Errorf("an answer that returned at the call itself bounds it: %+v", w)
	}
	if _, _, ok := s.HighBy(); ok {
		t.Error("bounded above by nothing")
	}
}
