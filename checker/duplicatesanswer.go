package checker

import (
	"fmt"

	"flashsale/checker/internal/history"
)

// duplicatesAnswerAlike compares all answers under one key. The first success is "handled" (a webhook) or
// not a replay (a hold, an order); every later one repeats it. Two first answers are two effects. None is
// only possible if the first answer was lost, that is, if an attempt without an answer was called before one
// of the repeating answers returned. In a record with gaps that attempt may be missing, and none proves
// nothing. What is repeated never changes: a webhook's outcome, a hold's id and lapse, an order's id,
// quantity and total. Refusals are not stored and may come before or between.
//
// It cannot see which delivery really took effect, only which one says so.
func duplicatesAnswerAlike() check {
	return check{
		name:    "duplicates-answer-alike",
		promise: "Exactly one answer under a key is the first (none only if it was lost), and all of them agree.",
		needs:   []Need{NeedOperations},
		judge: func(ix *index, f *findings) {
			h := &ix.history
			compareAnswers(ix, f, answersOf(ix.holdRequests.keyed, func(i uint32) answer {
				c := h.Holds.At(i)
				return answer{&c.Attempt, c.Replayed, said{c.GotHold, c.GotExpires, 0}}
			}, "hold", &h.HoldKeys))
			compareAnswers(ix, f, answersOf(ix.orderRequests.keyed, func(i uint32) answer {
				c := h.Orders.At(i)
				return answer{&c.Attempt, c.Replayed, said{c.GotOrder, c.GotQty, c.GotTotal}}
			}, "order", &h.OrderKeys))
			webhooks := answersOf(ix.webhookRequests.keyed, func(i uint32) answer {
				c := h.Webhooks.At(i)
				return answer{&c.Attempt, !c.GotHandled, said{int64(c.GotEffect), 0, 0}}
			}, "webhook", &h.EventKeys)
			webhooks.old = ix.hasOldEvent
			compareAnswers(ix, f, webhooks)
		},
	}
}

// answer is an attempt, and what its answer says if it has one.
type answer struct {
	*history.Attempt
	repeats bool // it says that it repeats an earlier one
	said    said
}

// said is what every answer under a key must say alike.
type said [3]int64

// answers are the attempts of one kind under each of its keys.
type answers struct {
	of   history.Groups // by key
	at   func(uint32) answer
	kind string
	keys *history.Keys
	old  func(key uint32) bool // the first answer under a key may have been given before the run
}

func answersOf(of history.Groups, at func(uint32) answer, kind string, keys *history.Keys) *answers {
	return &answers{of, at, kind, keys, func(uint32) bool { return false }}
}

func (ix *index) hasOldEvent(key uint32) bool {
	for _, i := range ix.eventsByKey.Of(key) {
		if ix.old.event(ix.final.Events.At(i).ID) {
			return true
		}
	}
	return false
}

// text says for people what an answer said.
func (a *answers) text(s said) string {
	switch a.kind {
	case "hold":
		return fmt.Sprintf("hold %d until %d", s[0], s[1])
	case "order":
		return fmt.Sprintf("order %d, qty %d, total %d", s[0], s[1], s[2])
	default:
		return "outcome " + history.Effect(s[0]).String()
	}
}

func compareAnswers(ix *index, f *findings, a *answers) {
	var attempts, given []answer
	for key, members := range a.of.All() {
		attempts, given = attempts[:0], given[:0]
		for _, i := range members {
			one := a.at(i)
			attempts = append(attempts, one)
			if one.Acknowledged() {
				given = append(given, one)
			}
		}
		if len(given) > 0 {
			a.judgeKey(ix, f, key, attempts, given)
		}
	}
}

// judgeKey compares the answers that were given under one key.
func (a *answers) judgeKey(ix *index, f *findings, key uint32, attempts, given []answer) {
	if len(attempts) > 1 {
		f.exercised++
	}
	accuse := func(what string, at answer, expected, found string, severity int, shown []answer) {
		f.violate(what, Case{
			AtNS: at.Return, Values: map[string]string{"idempotency_key": a.keys.Text(history.KeyID(key + 1)), "kind": a.kind},
			Expected: expected, Found: found, severity: int64(severity),
		}, showOps(idsOf(shown)))
	}
	firsts := 0
	var second answer
	for _, one := range given {
		if !one.repeats {
			if firsts++; firsts == 2 {
				second = one
			}
		}
		if one.said != given[0].said {
			accuse("Two answers under one key disagree.", one, a.text(given[0].said), a.text(one.said), 0,
				[]answer{given[0], one})
		}
	}
	switch {
	case firsts > 1:
		accuse("More than one answer under a key says that it is the first.", second, "one first answer",
			fmt.Sprintf("%d of %d answers", firsts, len(given)), firsts, given)
	case firsts == 0 && ix.whole && !a.old(key) && !firstLost(attempts, given):
		accuse("No answer under a key is the first, and none was lost.", given[0], "one first answer",
			fmt.Sprintf("%d answers that repeat one nobody was given", len(given)), 0, attempts)
	}
}

func idsOf(list []answer) []uint32 {
	ids := make([]uint32, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	return ids
}

// firstLost tells whether an attempt without an answer can have been the first: it was called before a
// repeating answer returned.
func firstLost(attempts, given []answer) bool {
	earliest := given[0].Return
	for _, a := range given {
		earliest = min(earliest, a.Return)
	}
	for _, a := range attempts {
		if a.Outcome == history.Unknown && a.Tamper == history.Honest && a.Call < earliest {
			return true
		}
	}
	return false
}
