package checker

import (
	"cmp"
	"slices"

	"flashsale/checker/internal/history"
)

// bookkeeper charges the rows of one ledger.
type bookkeeper struct {
	*ledger
	ix      *index
	served  []bool   // by key: the request has its row
	answers []uint32 // by row: the call that was given its id, plus one
	made    charges
	fits    fits          // of the row at hand
	settled map[twin]bool // rows that have their request, of those that rows without a key resemble
}

// twin is what two rows share that one request wrote in one transaction.
type twin struct {
	asks content
	at   int64
}

func (t trace) twin() twin { return twin{t.asks, t.at} }

func newBookkeeper(ix *index, l *ledger) *bookkeeper {
	return &bookkeeper{ledger: l, ix: ix, served: make([]bool, l.keys+1), settled: make(map[twin]bool)}
}

func (b *bookkeeper) charges() charges {
	b.serveAnswers()
	var keyless []trace
	for i := range uint32(b.rows) {
		if t := b.row(i); !t.old {
			b.made.rows++
			if t.key == 0 && !b.answered(i) {
				keyless = append(keyless, t)
				b.settled[t.twin()] = false
			}
		}
	}
	for i := range uint32(b.rows) {
		if t := b.row(i); !t.old {
			b.chargeRow(i, t)
		}
	}
	b.chargeByContent(keyless)
	return b.made
}

// serveAnswers gives every row that an answer names to that answer's request.
func (b *bookkeeper) serveAnswers() {
	if !b.named {
		return
	}
	b.answers = make([]uint32, b.rows)
	for i := range uint32(b.calls) {
		c := b.call(i)
		if !c.Acknowledged() {
			continue
		}
		if row := b.find(c.got); row < uint32(b.rows) {
			b.answers[row] = i + 1
		}
	}
	for row, call := range b.answers {
		if call != 0 && !b.row(uint32(row)).old {
			b.served[b.call(call-1).Key] = true
		}
	}
}

func (b *bookkeeper) answered(row uint32) bool { return b.named && b.answers[row] != 0 }

// chargeRow charges a row that an answer or a key names.
func (b *bookkeeper) chargeRow(i uint32, t trace) {
	from := fromAnswer
	if !b.answered(i) {
		if t.key == 0 {
			return
		}
		from = b.chargeByKey(t)
	}
	if _, asked := b.settled[t.twin()]; asked && (from == fromAnswer || from == fromSilence) {
		b.settled[t.twin()] = true
	}
}

func (b *bookkeeper) accuse(t trace, from origin, attempts []uint32) {
	c := charge{row: b.ref(t.id), from: from, attempts: slices.Clone(attempts[:min(len(attempts), exhibitsMax)]), Case: b.caseOf(b.ix, t)}
	b.made.guilty = append(b.made.guilty, c)
}

// fits are the attempts under a key that asked for what a row holds, by what became of them.
type fits struct {
	answered, silent, refused, forged []uint32 // ids of operations
}

// fitsOf finds the attempts that fit a row; what it returns is good until the next call.
func (b *bookkeeper) fitsOf(t trace) *fits {
	f := &b.fits
	*f = fits{f.answered[:0], f.silent[:0], f.refused[:0], f.forged[:0]}
	for _, i := range b.requests.of(t.key) {
		c := b.call(i)
		switch {
		case c.asks != t.asks:
		case c.Tamper != 0:
			f.forged = append(f.forged, c.ID)
		case c.Outcome == history.OK:
			f.answered = append(f.answered, c.ID)
		case c.Outcome == history.Unknown:
			f.silent = append(f.silent, c.ID)
		default:
			f.refused = append(f.refused, c.ID)
		}
	}
	return f
}

// chargeByKey charges a row to the request that bears its key. Where an answer names its row, an answered attempt
// made another row than this one.
func (b *bookkeeper) chargeByKey(t trace) origin {
	f := b.fitsOf(t)
	switch {
	case !b.served[t.key] && len(f.silent) > 0:
		b.served[t.key] = true
		return fromSilence
	case !b.served[t.key] && len(f.answered) > 0 && !b.named:
		b.served[t.key] = true
		return fromAnswer
	case len(f.silent)+len(f.answered) > 0:
		b.accuse(t, fromNowhere, append(f.answered, f.silent...))
		return fromNowhere
	case len(f.refused) > 0:
		b.accuse(t, fromRefusal, f.refused)
		return fromRefusal
	case len(f.forged) > 0:
		b.accuse(t, fromForgery, f.forged)
		return fromForgery
	default:
		b.accuse(t, fromNowhere, nil)
		return fromNowhere
	}
}

// chargeByContent charges rows without a key. Any attempt may have made one that was decided after its call,
// so going through rows and attempts in order of time finds the largest assignment there is.
func (b *bookkeeper) chargeByContent(traces []trace) {
	if len(traces) == 0 {
		return
	}
	slices.SortStableFunc(traces, func(a, b trace) int { return cmp.Compare(a.at, b.at) })
	silent, refused := b.suspects()
	for _, t := range traces {
		if b.take(silent, t, false) != nil {
			continue
		}
		if t.at == 0 || !b.settled[t.twin()] {
			if c := b.take(refused, t, true); c != nil {
				b.accuse(t, fromRefusal, []uint32{c.ID})
				continue
			}
		}
		b.accuse(t, fromNowhere, nil)
	}
}
