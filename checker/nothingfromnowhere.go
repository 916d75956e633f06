package checker

// nothingFromNowhere looks for rows that no request explains: see findOrigins for how rows are assigned to
// requests, and why an innocent row always finds one. It needs the record of operations whole: one lost
// attempt, and its row would seem to come from nowhere.
//
// It cannot see a row that took the place of another request's, if that stayed without an answer.
func nothingFromNowhere() check {
	return check{
		name:    "nothing-from-nowhere",
		promise: "Every row comes from a request that was sent, one row each.",
		needs:   []Need{NeedOperations, NeedStart, NeedFinal},
		whole:   true,
		judge: func(ix *index, f *findings) {
			judgeStrays(f, ix.origins.holds, "A hold comes from no request of its own.")
			judgeStrays(f, ix.origins.orders, "An order comes from no request of its own.")
			judgeStrays(f, ix.origins.events, "A payment event comes from no webhook of its own.")
		},
	}
}

func judgeStrays(f *findings, rows charges, what string) {
	f.exercised += rows.rows
	for _, g := range rows.guilty {
		if g.from == fromNowhere {
			c := g.Case
			c.Expected, c.Found = "a request of its own", "none"
			f.violate(what, c, showOps(g.attempts, g.row))
		}
	}
}
