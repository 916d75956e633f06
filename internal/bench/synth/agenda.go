package synth

// agenda is what is going to happen, in order of time; what is due at the same time happens in the order in
// which it was planned. Times are microseconds since the run's start.
type agenda struct {
	now     int64
	planned int64
	heap    []appointment
}

type appointment struct {
	at, nth int64
	do      func()
}

func (a appointment) before(b appointment) bool {
	return a.at < b.at || a.at == b.at && a.nth < b.nth
}

// in plans something for so many microseconds from now.
func (a *agenda) in(us int64, do func()) {
	a.planned++
	a.heap = append(a.heap, appointment{a.now + us, a.planned, do})
	for i := len(a.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if a.heap[parent].before(a.heap[i]) {
			break
		}
		a.heap[i], a.heap[parent] = a.heap[parent], a.heap[i]
		i = parent
	}
}

// next lets the earliest appointment come; false: there is none.
func (a *agenda) next() bool {
	if len(a.heap) == 0 {
		return false
	}
	due := a.heap[0]
	last := len(a.heap) - 1
	a.heap[0] = a.heap[last]
	a.heap[last] = appointment{} // lets go of what it would have done
	a.heap = a.heap[:last]
	a.settle()
	a.now = due.at
	due.do()
	return true
}

// settle brings the first of the heap to its place.
func (a *agenda) settle() {
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(a.heap) && a.heap[child].before(a.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}
