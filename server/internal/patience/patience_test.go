package patience

import (
	"testing"
	"time"
)

// A timer that comes back unseen must not go off for the next who borrows it.
func TestNobodyHearsAnothersTimer(t *testing.T) {
	var l Lender
	for range 1000 {
		early := l.Until(time.Now())
		late := l.Until(time.Now().Add(time.Hour))
		l.Back(early)
		l.Back(late)
		next := l.Until(time.Now().Add(time.Hour))
		select {
		case <-next.C:
			t.Fatal("it went off an hour early")
		default:
		}
		l.Back(next)
	}
	due := l.Until(time.Now().Add(time.Millisecond))
	defer l.Back(due)
	select {
	case <-due.C:
	case <-time.After(10 * time.Second):
		t.Fatal("it never goes off")
	}
}
