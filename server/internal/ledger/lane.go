package ledger

import (
	"sync/atomic"
	"time"

	"flashsale/server/internal/decide"
)

// A ticket is a command on its way. It is claimed once: by the transaction that starts it, or by the
// caller whose patience ended first. That one swap decides between "refused, no effect" and "unknown".
type ticket struct {
	command  decide.Command
	deadline time.Time // for the commit
	claimed  atomic.Bool
	result   chan result // buffered: the answer never waits for a caller who has gone
}

type result struct {
	answer decide.Answer
	err    error
}

func newTicket(c decide.Command, deadline time.Time) *ticket {
	return &ticket{command: c, deadline: deadline, result: make(chan result, 1)}
}

// claim is true for the first who calls it.
func (t *ticket) claim() bool { return t.claimed.CompareAndSwap(false, true) }

// bytes is what the ticket adds to a statement beyond its fixed size.
func (t *ticket) bytes() int {
	if p, ok := t.command.(decide.ApplyPayment); ok {
		return len(p.RawPayload)
	}
	return 0
}

// units is the stock that the ticket is known to ask for.
func (t *ticket) units() int64 {
	if h, ok := t.command.(decide.CreateHold); ok {
		return h.Qty
	}
	return 0
}

// A lane is the queue of one product. It exists only while it has work, so that asking for a million
// unknown products costs nothing once they are answered.
type lane struct{ waiting []*ticket }

func (l *Ledger) enqueue(productID int64, t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.lanes[productID]; ok {
		at.waiting = append(at.waiting, t)
		return
	}
	l.lanes[productID] = &lane{waiting: []*ticket{t}}
	go l.work(productID)
}

// work runs one transaction after another until the lane is empty. The slot comes first and the batch
// after it: what arrives while all slots are taken joins the batch.
func (l *Ledger) work(productID int64) {
	for {
		l.slots <- struct{}{}
		batch, more := l.take(productID)
		if len(batch) > 0 {
			l.settle(productID, batch)
		}
		<-l.slots
		if !more {
			return
		}
	}
}

// take cuts the next batch off the lane's queue; tickets past their deadline are refused, never run late.
// more is false when the lane was empty and is gone.
func (l *Ledger) take(productID int64) (batch []*ticket, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.lanes[productID]
	if len(at.waiting) == 0 {
		delete(l.lanes, productID)
		l.closeIfIdle()
		return nil, false
	}
	taken, bytes, units, now := 0, 0, int64(0), time.Now()
	for _, t := range at.waiting {
		full := len(batch) == batchCommandsMax || bytes+t.bytes() > batchBytesMax || units+t.units() > batchUnitsMax
		if len(batch) > 0 && full {
			break
		}
		taken++
		switch {
		case !t.claim():
		case now.After(t.deadline):
			refuse([]*ticket{t}, ErrOverloaded)
		default:
			batch = append(batch, t)
			bytes += t.bytes()
			units += t.units()
		}
	}
	at.waiting = at.waiting[taken:]
	return batch, true
}
