package checker

import (
	"slices"

	"flashsale/checker/internal/history"
)

// attemptsFor holds attempts by what they asked for.
type attemptsFor map[content][]claim

// suspects collects the attempts that can have made a row without a key. Those without an answer are an
// excuse, so they must be such that an honest server leaves no key: sent without one, or to a table that
// keeps none. Refused ones are an accusation, and the row is guilty in any case.
func (b *bookkeeper) suspects() (silent, refused attemptsFor) {
	silent, refused = make(attemptsFor), make(attemptsFor)
	for i := range uint32(b.calls) {
		switch c := b.call(i); {
		case c.Tamper != 0:
		case c.Outcome == history.Unknown && (!b.keyed || c.Key == 0):
			silent[c.asks] = append(silent[c.asks], c)
		case c.Outcome == history.Refused:
			refused[c.asks] = append(refused[c.asks], c)
		}
	}
	return silent, refused
}

// take uses up the first attempt that can have made the row. A refused one must have been under way when the
// row was decided; one without an answer may have had its effect at any time after its call.
func (b *bookkeeper) take(from attemptsFor, t trace, underway bool) *claim {
	for i, c := range from[t.asks] {
		late := underway && t.at > b.ix.clock.atMost(c.Return)
		if t.at != 0 && (t.at < b.ix.clock.atLeast(c.Call) || late) {
			continue
		}
		if i == 0 {
			from[t.asks] = from[t.asks][1:] // the usual case, and for millions of rows the others must not move
		} else {
			from[t.asks] = slices.Delete(from[t.asks], i, i+1)
		}
		return &c
	}
	return nil
}
