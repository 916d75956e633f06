package ledger

import (
	"errors"
	"math/rand/v2"
	"time"

	"flashsale/server/internal/decide"
)

// settle brings a batch to its end: every ticket is answered exactly once. Retryable errors are retried
// with backoff until the batch's deadline; an error that is not retryable splits the batch until the
// poisonous command is alone.
func (l *Ledger) settle(b *batch) {
	limit := time.Now().Add(l.RequestTimeout)
	var err error
	for attempt := 1; attempt <= attemptsMax; attempt++ {
		var answers []decide.Answer
		answers, err = l.transact(b, limit)
		if err == nil {
			if len(b.tickets) > 0 {
				l.Observe.Committed(len(b.tickets), time.Since(b.locked))
			}
			deliver(b.tickets, answers)
			return
		}
		if isDuplicateKey(err) {
			l.keys.collided()
		}
		reason, retryable := classify(err)
		if !retryable {
			break
		}
		l.Observe.Retried(reason)
		l.Logger.Warn("transaction is tried again", "product", b.productID, "commands", len(b.tickets),
			"attempt", attempt, "reason", reason, "error", err)
		if !pause(b.until(limit), backoff(attempt)) {
			break
		}
	}
	l.cutBatch(b)
	l.giveUp(b, err)
}

// giveUp ends a batch that could not be committed as a whole.
func (l *Ledger) giveUp(b *batch, err error) {
	switch _, retryable := classify(err); {
	case len(b.tickets) == 0:
	case errors.Is(err, ErrOutcomeUnknown):
		refuse(b.tickets, ErrOutcomeUnknown)
	case retryable && !isDuplicateKey(err):
		refuse(b.tickets, ErrOverloaded)
	case len(b.tickets) == 1:
		l.Logger.Error("the database refuses a command", "product", b.productID, "error", err)
		refuse(b.tickets, ErrPoisoned)
	default:
		half := len(b.tickets) / 2
		l.settle(&batch{productID: b.productID, tickets: b.tickets[:half], cut: true})
		l.settle(&batch{productID: b.productID, tickets: b.tickets[half:], cut: true})
	}
}

func deliver(tickets []*ticket, answers []decide.Answer) {
	for i, t := range tickets {
		t.result <- result{answer: answers[i]}
	}
}

func refuse(tickets []*ticket, err error) {
	for _, t := range tickets {
		t.result <- result{err: err}
	}
}

// until is when a batch must have come to its end: by the limit, and by the last of its tickets' deadlines.
func (b *batch) until(limit time.Time) time.Time {
	if len(b.tickets) == 0 {
		return limit
	}
	last := b.tickets[0].deadline
	for _, t := range b.tickets {
		if t.deadline.After(last) {
			last = t.deadline
		}
	}
	if last.Before(limit) {
		return last
	}
	return limit
}

// backoff doubles from 2 ms to 256 ms, with full jitter so that replicas which collided part ways.
func backoff(attempt int) time.Duration {
	ceiling := time.Millisecond << min(attempt, 8)
	return rand.N(ceiling) + time.Millisecond
}

// pause waits, unless the time would be over before the wait is: then it says false at once.
func pause(until time.Time, d time.Duration) bool {
	if time.Until(until) < d {
		return false
	}
	<-time.After(d)
	return true
}
