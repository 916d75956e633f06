package checker

import "flashsale/checker/internal/realtime"

// readsTrue asks of every answer to a read, 404 included, and of the order's status in every answer to a webhook,
// whether it was true after some commit of its window: not before what had been shown by answers that returned
// before its call, and before whatever was first called after its return or decided after it. A product's price and
// availability, a hold's and an order's status must be those of that position, and what never changes about them
// that of their rows.
//
// Why it cannot accuse an innocent run. A read sees the commits up to some position, and all bounds of its window
// are rigorous: see package realtime, which also argues that no choice of positions can explain an answer that this
// one cannot. What is available changes with time, too, as holds lapse: the answer may combine any position of the
// window with any instant between call and return, by the clock probes, because a statement reads the clock a little
// before its snapshot, and a commit becomes visible a while after its decision. Reads that share one database read
// are no exception, for it began after they arrived. A lapsed hold may be shown as expired before it is marked so.
// A webhook's answer is decided inside its batch's transaction, so its status may be one that the commit passed
// through. Answers between commits that contradict each other are not judged: that is real-time-order's matter.
// Without comparable times availability is left out.
//
// It cannot see a stale answer that was true again, or still, at some instant of its window; nor, where holds lapse
// in that window, an answer between what was available before and after.
func readsTrue() check {
	return check{
		name:    "reads-true",
		promise: "Every read was true at some instant between its call and its return.",
		needs:   []Need{NeedOperations, NeedCommits, NeedFinal},
		joint:   true,
		judge:   judgeJointly(realtime.ReadTrue),
	}
}
