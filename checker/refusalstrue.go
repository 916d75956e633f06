package checker

import "flashsale/checker/internal/realtime"

// refusalsTrue asks of every refusal with a reason in the database whether that reason was true at some instant
// between call and return: `not-enough-stock` with exactly its figure, which is less than what was asked for; an
// expired, used or canceled hold, and the order that it names; 404; a key that had made another row. And of every
// event that was decided to be `refund_due`, whether its own commit found the order paid, or its reservation gone
// and less than its quantity left. So no sale is refused while there is stock: no underselling.
//
// Why it cannot accuse an innocent run. Refusals are reads, with the windows that reads-true describes. Other than
// reads they are decided inside a transaction, and one transaction may decide hundreds of commands: so a refusal
// may also fall inside a commit of its window, between another's taking and a third one's giving back, at any value
// or state that the commit can have passed through. A refused hold is measured by the figure that the refusal
// gives, at any instant of its window, for lapses give stock back without a commit. A keyed request is refused
// before its key has made its row, never after. An honest webhook must not be called forged (401), where both clocks
// are known to agree. Other refusals for reasons that the database does not know (400, 413, malformed 422, 503) are not
// asked. Without comparable times neither are figures, lapses and refunds.
//
// It cannot see a false figure that falls between the least and the most that was available inside a large batch.
func refusalsTrue() check {
	return check{
		name:    "refusals-true",
		promise: "The reason of every refusal was true at some instant between its call and its return.",
		needs:   []Need{NeedOperations, NeedCommits, NeedFinal},
		joint:   true,
		judge: func(ix *index, f *findings) {
			judgeJointly(realtime.RefusalTrue)(ix, f)
			judgeHonestSignatures(ix, f)
		},
	}
}
