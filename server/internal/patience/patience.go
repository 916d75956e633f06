// Package patience lends timers to those who wait. Every request waits for something until its deadline, and
// nearly none of them ever sees it pass: what a timer costs is its making, so each is lent to the next who waits.
package patience

import (
	"sync"
	"time"
)

// Lender has timers to lend. The zero Lender is ready.
type Lender struct{ timers sync.Pool }

// Until lends a timer that goes off at the deadline. It must be given back.
func (l *Lender) Until(deadline time.Time) *time.Timer {
	if t, ok := l.timers.Get().(*time.Timer); ok {
		t.Reset(time.Until(deadline))
		return t
	}
	return time.NewTimer(time.Until(deadline))
}

// Back takes a timer back, whether it went off or not.
func (l *Lender) Back(t *time.Timer) {
	t.Stop()
	l.timers.Put(t)
}
