package ledger

import (
	"time"

	"flashsale/server/internal/decide"
)

// Admission keeps the queues short when the load exceeds what the database commits. A queue absorbs a burst; one
// that only stands adds its length to every answer, and in the end everybody waits until the time-out and nobody is
// served. So a command that would wait too long is refused at once, without effect, as ErrOverloaded allows for any
// command, and its caller comes back later. That holds for a request with a key, too: 503 says nothing about an
// earlier attempt, so no key has to be looked up for it.
//
// Five rules:
//   - What can start now is admitted, whatever was measured before: a lane never starves on old measurements.
//   - A command whose wait is predicted to be within its bound is admitted. The prediction counts transactions, not
//     commands at a rate: ten thousand buyers who come at once are twenty transactions of some 15 ms.
//   - The batch behind a running transaction may always fill up, as long as its callers would live to see the answer.
//     This keeps goodput at its peak however slow commits are and however wrong a prediction is, and at the peak of
//     fast commits as soon as they are fast again.
//   - Holds get half of the bound of the later steps, and half of the room. Who has a hold, or has paid, must not be
//     turned away for somebody who has nothing yet: where there is not room for all, holds are refused first.
//   - The release of lapsed holds is always admitted. Nobody asks for it again a moment later as clients do, there is
//     one a product at a time, and a sweep that were refused with the crowd would leave stock unsold for as long as
//     the crowd stays.
type admission struct {
	hold time.Duration // how long a new hold may be predicted to wait
	step time.Duration // and every later step: an order, a payment
}

// newAdmission takes a quarter of the request time-out as the bound: whoever is admitted gets an answer in time even
// if commits take four times as long from then on.
func newAdmission(requestTimeout time.Duration) admission {
	return admission{hold: requestTimeout / 8, step: requestTimeout / 4}
}

// A place is where a command would stand if it were admitted.
type place struct {
	idle     bool          // its lane has no work and a slot is free: its transaction would start now
	ahead    int           // commands that wait in its lane
	oldest   time.Duration // how long the first of them has waited
	running  time.Duration // how long the lane's transaction has run; 0: none does
	line     float64       // lanes in line for a slot, per slot
	patience time.Duration // how long the command's caller will wait
}

// admits says whether a command may take its place in a lane of this pace.
func (a admission) admits(command decide.Command, at place, p pace) bool {
	bound, room := a.step, 2*p.room
	switch command.(type) {
	case decide.Release:
		return true
	case decide.CreateHold:
		bound, room = a.hold, p.room
	}
	if at.idle {
		return true
	}
	wait := p.wait(at)
	fillsNext := at.ahead < room && at.line < 1
	return wait <= bound || fillsNext && wait <= at.patience
}

// A pace is how a lane gets on: what its recent transactions took.
type pace struct {
	turn time.Duration // what one takes, from its batch to the answers, attempts that failed included; 0: not known yet
	room int           // how many commands fit into one
	most int           // how many can at best
}

// newPace knows nothing yet, and promises the best.
func newPace(batchMax int) pace { return pace{room: batchMax, most: batchMax} }

// observe learns from a transaction that took a number of commands; full says that others were left behind.
//
// A turn that was longer counts for a quarter, so that one hiccup refuses nobody; one that was shorter for a half,
// so that a lane is trusted again within a few transactions. The room follows a full batch at once, because units
// and bytes can fill it long before its commands do; it grows again when a batch had as many and was not full.
func (p *pace) observe(took time.Duration, commands int, full bool) {
	if took > p.turn {
		p.turn += (took - p.turn) / 4
	} else {
		p.turn -= (p.turn - took) / 2
	}
	switch {
	case full:
		p.room = max(commands, 1)
	case commands >= p.room:
		p.room = min(2*commands, p.most)
	}
}

// wait predicts how long a command in a place waits for its answer: the rest of the running transaction, then those
// of the commands ahead of it, then its own, each behind the lanes in line for a slot. It is never less than what the
// oldest command has waited already, which is a fact and holds where the turns are too uneven to be predicted.
func (p *pace) wait(at place) time.Duration {
	rest := time.Duration(0)
	if at.running > 0 {
		rest = (p.turn - at.running).Abs() // one that is late is expected to be late as long again
	}
	turns := float64(at.ahead/p.room + 1)
	own := time.Duration(turns * (1 + at.line) * float64(p.turn))
	return max(rest+own, at.oldest)
}
