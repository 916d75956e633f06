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
	came     time.Time
	deadline time.Time // for the commit
	claimed  atomic.Bool
	result   chan result // buffered: the answer never waits for a caller who has gone
}

type result struct {
	answer decide.Answer
	err    error
}

func newTicket(c decide.Command, deadline time.Time) *ticket {
	return &ticket{command: c, came: time.Now(), deadline: deadline, result: make(chan result, 1)}
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

// A lane is the queue of one product and the transactions at work on it. One of them writes and commits; the
// next one already stands in the database's queue for the product's lock, and takes its batch out of waiting
// only when it has the lock: so no time is lost between two commits, and a batch is as large as can be.
//
// A lane exists only while it has work, so that asking for a million unknown products costs nothing once
// they are answered.
type lane struct {
	waiting []*ticket
	begun   int // transactions at work
	cut     int // those of them that have their batch
	pace    pace
	since   time.Time // when the first of the transactions at work had its turn
}

// transactionsMax is how many transactions a lane has at work: the one that commits, and the next.
const transactionsMax = 2

// A batch is what one transaction decides.
type batch struct {
	productID int64
	tickets   []*ticket
	cut       bool      // the tickets are final
	locked    time.Time // when its transaction had the product's lock
	taken     int       // tickets that left the queue, those of callers who were gone included
	full      bool      // others were left behind
}

// enqueue puts a ticket in its product's lane, or says that it would wait too long there.
func (l *Ledger) enqueue(productID int64, t *ticket) (admitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.lanes[productID]
	if !ok {
		at = &lane{pace: l.pace}
	}
	if !l.admission.admits(t.command, l.place(at, t), at.pace) {
		return false
	}
	l.lanes[productID] = at
	at.waiting = append(at.waiting, t)
	l.attend(productID, at)
	return true
}

// place is where a ticket would stand in a lane. The caller holds mu.
func (l *Ledger) place(at *lane, t *ticket) place {
	p := place{ahead: len(at.waiting), patience: t.deadline.Sub(t.came), idle: at.begun == 0 && len(l.slots) < cap(l.slots)}
	if at.cut > 0 {
		p.running = t.came.Sub(at.since)
	}
	if p.ahead > 0 {
		p.oldest = t.came.Sub(at.waiting[0].came)
	}
	if inLine := len(l.lanes) - cap(l.slots); inLine > 0 {
		p.line = float64(inLine) / float64(cap(l.slots))
	}
	return p
}

// attend begins a transaction, unless nobody waits, or those who wait are going to be taken by one that has
// no batch yet. The caller holds mu.
func (l *Ledger) attend(productID int64, at *lane) {
	if len(at.waiting) == 0 || at.begun > at.cut || at.begun == transactionsMax {
		return
	}
	at.begun++
	go l.work(productID)
}

// work is one transaction's life.
func (l *Ledger) work(productID int64) {
	l.slots <- struct{}{}
	b := &batch{productID: productID}
	l.begin(productID)
	l.settle(b)
	l.cutBatch(b) // if it came to nothing before
	<-l.slots
	l.end(b)
}

// begin starts the clock of a transaction that none of its lane is ahead of.
func (l *Ledger) begin(productID int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.lanes[productID]; at.begun == 1 {
		at.since = time.Now()
	}
}

// end takes a transaction off its lane. The turn of the next one, if there is one, begins.
func (l *Ledger) end(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, now := l.lanes[b.productID], time.Now()
	at.begun--
	at.cut--
	at.pace.observe(now.Sub(at.since), b.taken, b.full)
	l.pace, at.since = at.pace, now
	l.attend(b.productID, at)
	if at.begun == 0 {
		delete(l.lanes, b.productID)
		l.closeIfIdle()
	}
}

// cutBatch gives a batch its tickets, once.
func (l *Ledger) cutBatch(b *batch) {
	if b.cut {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.lanes[b.productID]
	waited := len(at.waiting)
	b.tickets, b.cut = l.take(at), true
	b.taken, b.full = waited-len(at.waiting), len(at.waiting) > 0
	at.cut++
	l.attend(b.productID, at)
}

// take cuts the next batch off the lane's queue; tickets past their deadline are refused, never run late.
func (l *Ledger) take(at *lane) (tickets []*ticket) {
	taken, bytes, units, now := 0, 0, int64(0), time.Now()
	for _, t := range at.waiting {
		full := len(tickets) == l.BatchMax || bytes+t.bytes() > batchBytesMax || units+t.units() > batchUnitsMax
		if len(tickets) > 0 && full {
			break
		}
		taken++
		switch {
		case !t.claim():
		case now.After(t.deadline):
			refuse([]*ticket{t}, ErrOverloaded)
		default:
			tickets = append(tickets, t)
			bytes += t.bytes()
			units += t.units()
		}
	}
	at.waiting = at.waiting[taken:]
	return tickets
}
