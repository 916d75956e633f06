package simulator

import "time"

// A step is something to do at a time; it is told when it was due.
type step struct {
	due   time.Duration
	order uint64
	do    func(due time.Duration)
}

func (s *step) before(t *step) bool { return s.due < t.due || s.due == t.due && s.order < t.order }

// A stepQueue is a heap of steps, the earliest first. It is container/heap without the interface, which
// costs an allocation and several calls for every step, and with more branches: a heap of thousands is
// only half as deep.
type stepQueue []step

const branches = 4

func (q *stepQueue) push(s step) {
	h := append(*q, s)
	*q = h
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / branches
		if !h[i].before(&h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop takes the earliest step; the queue must hold one.
func (q *stepQueue) pop() step {
	h := *q
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = step{} // lets go of what the step refers to
	h = h[:last]
	*q = h
	for i := 0; ; {
		least := i
		for child := branches*i + 1; child <= branches*(i+1) && child < len(h); child++ {
			if h[child].before(&h[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
