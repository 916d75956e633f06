package checker

// origin says which requests can have made a row.
type origin uint8

const (
	fromNowhere origin = iota // no request that was sent, or one that has its row already
	fromAnswer                // a request that was answered 2xx
	fromSilence               // an attempt without an answer, which may have had its effect
	fromRefusal               // only attempts that were refused
	fromForgery               // only webhooks that should have been rejected
)

// origins tells of the rows that the run made which of them no request excuses.
type origins struct {
	holds, orders, events charges
}

// charges are the rows of one table that are charged with something.
type charges struct {
	rows   int64 // how many the run made
	guilty []charge
}

// charge is a row that no answer and no silence explains.
type charge struct {
	row      rowRef
	from     origin
	attempts []uint32 // ids of a few operations that fit
	Case
}

// findOrigins charges every new row to a request, best evidence first. An answer names the id of its hold
// or order. A key names the request, which then is entitled to one row, if an attempt with the row's own
// content was answered (webhooks: their answers name no id) or stayed without an answer. What is left has
// no key: it may come from any attempt without a key and without an answer that asked for it before it was
// made, one row each. Only then refusals are suspected. So a row is called guilty only where no assignment
// of rows to attempts explains it.
func findOrigins(ix *index) (all origins) {
	inParallel(
		func() { all.holds = newBookkeeper(ix, ix.holdLedger()).charges() },
		func() { all.orders = newBookkeeper(ix, ix.orderLedger()).charges() },
		func() { all.events = newBookkeeper(ix, ix.eventLedger()).charges() },
	)
	return all
}
