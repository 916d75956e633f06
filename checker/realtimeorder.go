package checker

import "flashsale/checker/internal/realtime"

// realTimeOrder asks of every answer to a write whether its row's commit comes, in the database's order, before the
// commits of all that was first called after the answer had returned; and whether it, and all before it, had been
// decided by then, on the database's clock.
//
// Why it cannot accuse an innocent run. The order of commits is that in which they became visible, and a server
// answers a write when its commit is visible: whatever is called later commits later, in whatever batch, on
// whatever replica. A commit is bounded by the EARLIEST attempt of its request, so that a retry is not mistaken for
// the cause of what an attempt without an answer has done; a replay and `Already processed` show a row like the
// first answer does. Rows of unknown requests (the sweep's, other people's) bound nothing. A decision's time is
// compared with the latest that the database's clock can have shown when the answer came, by the clock probes;
// where rows bear no such times, or the clock jumped, that part is left out. Where the record has gaps the earliest
// attempt may be missing, so nothing is asked.
//
// It cannot see a commit that came too late for its answer unless somebody called for another one, or looked
// (reads-true, refusals-true), in between.
func realTimeOrder() check {
	return check{
		name:    "real-time-order",
		promise: "What had returned before a call committed before it, and no answer precedes its own commit.",
		needs:   []Need{NeedOperations, NeedCommits, NeedFinal},
		whole:   true,
		joint:   true,
		judge:   judgeJointly(realtime.InOrder),
	}
}
