package checker

import (
	"fmt"

	"flashsale/internal/evidence"
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
			ix.requests.each(func(id identity, attempts []*evidence.Operation) {
				if id.key != "" {
					judgeAnswersOfKey(ix, f, id, attempts)
				}
			})
		},
	}
}

// repeats tells whether an answer says that it repeats an earlier one.
func repeats(op *evidence.Operation) bool {
	if op.Kind == evidence.SendWebhook {
		return !op.GotHandled
	}
	return op.Replayed
}

// said is what every answer under a key must say alike.
func said(op *evidence.Operation) string {
	switch op.Kind {
	case evidence.CreateHold:
		return fmt.Sprintf("hold %d until %d", op.GotHoldID, op.GotExpiresAt)
	case evidence.CreateOrder:
		return fmt.Sprintf("order %d, qty %d, total %d", op.GotOrderID, op.GotQty, op.GotTotal)
	default:
		return "outcome " + op.GotOutcome
	}
}

func judgeAnswersOfKey(ix *index, f *findings, id identity, attempts []*evidence.Operation) {
	if len(attempts) == 1 && !repeats(attempts[0]) {
		return // the usual case: one attempt, and nothing to compare it with
	}
	var answers, firsts []*evidence.Operation
	for _, op := range attempts {
		if !acknowledged(op) {
			continue
		}
		answers = append(answers, op)
		if !repeats(op) {
			firsts = append(firsts, op)
		}
	}
	if len(answers) == 0 {
		return
	}
	if len(attempts) > 1 {
		f.exercised++
	}
	c := Case{AtNS: answers[0].Return, Values: map[string]string{"idempotency_key": id.key, "kind": id.kind}}
	if len(firsts) > 1 {
		c.AtNS, c.severity = firsts[1].Return, int64(len(firsts))
		c.Expected, c.Found = "one first answer", fmt.Sprintf("%d of %d answers", len(firsts), len(answers))
		f.violate("More than one answer under a key says that it is the first.", c, showOps(firsts))
	}
	if len(firsts) == 0 && ix.whole && !ix.old.hasKey(ix, id) && !firstLost(attempts, answers) {
		c.Expected, c.Found = "one first answer", fmt.Sprintf("%d answers that repeat one nobody was given", len(answers))
		f.violate("No answer under a key is the first, and none was lost.", c, showOps(attempts))
	}
	for _, op := range answers[1:] {
		if said(op) != said(answers[0]) {
			c.AtNS, c.Expected, c.Found = op.Return, said(answers[0]), said(op)
			f.violate("Two answers under one key disagree.", c, showOps([]*evidence.Operation{answers[0], op}))
		}
	}
}

// firstLost tells whether an attempt without an answer can have been the first: it was called before a
// repeating answer returned.
func firstLost(attempts, answers []*evidence.Operation) bool {
	earliest := answers[0].Return
	for _, op := range answers {
		earliest = min(earliest, op.Return)
	}
	for _, op := range attempts {
		if op.Outcome == evidence.Unknown && honest(op) && op.Call < earliest {
			return true
		}
	}
	return false
}

// hasKey tells whether the first answer under a key may have been given before the run.
func (old oldRows) hasKey(ix *index, id identity) bool {
	if id.kind != evidence.SendWebhook {
		return false
	}
	for _, e := range ix.eventsByKey.of(id.key) {
		if old.events[e.ID] {
			return true
		}
	}
	return false
}
