package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"flashsale/server/internal/decide"
)

// settle brings a batch to its end: every ticket is answered exactly once. Retryable errors are retried
// with backoff until the batch's deadline; an error that is not retryable splits the batch until the
// poisonous command is alone.
func (l *Ledger) settle(productID int64, batch []*ticket) {
	ctx, cancel := context.WithDeadline(context.Background(), lastDeadline(batch))
	defer cancel()
	var answers []decide.Answer
	var err error
	for attempt := 1; attempt <= attemptsMax; attempt++ {
		started := time.Now()
		answers, err = l.transact(ctx, productID, batch)
		if err == nil {
			l.Observe.Committed(len(batch), time.Since(started))
			deliver(batch, answers)
			return
		}
		reason, retryable := classify(err)
		if !retryable {
			break
		}
		l.Observe.Retried(reason)
		l.Logger.Warn("transaction is tried again", "product", productID, "commands", len(batch),
			"attempt", attempt, "reason", reason, "error", err)
		if !pause(ctx, backoff(attempt)) {
			break
		}
	}
	l.giveUp(productID, batch, err)
}

// giveUp ends a batch that could not be committed as a whole.
func (l *Ledger) giveUp(productID int64, batch []*ticket, err error) {
	switch _, retryable := classify(err); {
	case errors.Is(err, ErrOutcomeUnknown):
		refuse(batch, ErrOutcomeUnknown)
	case retryable && !isDuplicateKey(err):
		refuse(batch, ErrOverloaded)
	case len(batch) == 1:
		l.Logger.Error("the database refuses a command", "product", productID, "error", err)
		refuse(batch, ErrPoisoned)
	default:
		l.settle(productID, batch[:len(batch)/2])
		l.settle(productID, batch[len(batch)/2:])
	}
}

func deliver(batch []*ticket, answers []decide.Answer) {
	for i, t := range batch {
		t.result <- result{answer: answers[i]}
	}
}

func refuse(batch []*ticket, err error) {
	for _, t := range batch {
		t.result <- result{err: err}
	}
}

func lastDeadline(batch []*ticket) time.Time {
	last := batch[0].deadline
	for _, t := range batch {
		if t.deadline.After(last) {
			last = t.deadline
		}
	}
	return last
}

// backoff doubles from 2 ms to 256 ms, with full jitter so that replicas which collided part ways.
func backoff(attempt int) time.Duration {
	ceiling := time.Millisecond << min(attempt, 8)
	return rand.N(ceiling) + time.Millisecond
}

// pause waits, and says whether there is still time to go on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
