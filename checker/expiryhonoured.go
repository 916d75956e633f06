package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
)

// callSlackUS is what a call may come too late without being called late, on top of the rigorous bounds of the
// clock probes.
const callSlackUS = 10_000

// expiryHonoured compares decision times with expires_at, all of one clock: a hold is granted for exactly the
// time to live; no order is decided at or after expires_at; `expired` is never decided before it, and by a
// sweep in time after it. An order is late, too, if its request was first CALLED when the database's clock
// had surely passed expires_at, whatever its row says.
//
// The sweep runs every interval and may wait for a lock: it has two intervals, a second of slack, and as
// long as the machine itself stood still, by the probes, or kept the run's own senders waiting: a server beside
// them waited as well. Lapses that touch a fault window are excused, and an interrupted run is not asked for
// sweeps that it did not live to see. A hold that lapsed less than that before the end may still be unswept.
//
// It cannot see how long a hold stayed unswept that a late payment completed.
func expiryHonoured() check {
	return check{
		name: "expiry-honoured",
		promise: "A hold lapses exactly its time to live after it was granted, is never ordered afterwards, " +
			"and is expired by the sweep in time.",
		needs: []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			if !ix.timed {
				f.doubt = ix.notime
				return
			}
			calm := newCalm(ix)
			for _, h := range ix.final.Holds.All() {
				judgeGrant(ix, f, h)
				judgeLapse(ix, f, calm, h)
			}
			for _, o := range ix.final.Orders.All() {
				judgeOrderInTime(ix, f, o)
			}
			judgeCallsInTime(ix, f)
		},
		standing: func(ix *index, f *findings) {
			if !ix.stamped {
				f.doubt = ix.notime
				return
			}
			for _, o := range ix.final.Orders.All() {
				judgeOrderInTime(ix, f, o)
			}
		},
	}
}

func judgeGrant(ix *index, f *findings, h *history.Hold) {
	ttl := ix.run.Server.HoldTTLUS
	if ttl == 0 || h.ExpiresAt == h.CreatedAt+ttl || ix.old.hold(h.ID) {
		return
	}
	f.violate("A hold was not granted for exactly its time to live.", Case{
		AtUS: h.CreatedAt, IDs: map[string]int64{"hold_id": h.ID},
		Expected: fmt.Sprintf("%d us", ttl), Found: fmt.Sprintf("%d us", h.ExpiresAt-h.CreatedAt),
		severity: max(h.ExpiresAt-h.CreatedAt-ttl, h.CreatedAt+ttl-h.ExpiresAt),
	}, ix.showHold(h))
}

func judgeOrderInTime(ix *index, f *findings, o *history.Order) {
	h := ix.hold(o.Hold)
	if h == nil || ix.old.order(o.ID) {
		return
	}
	f.exercised++
	if o.CreatedAt < h.ExpiresAt {
		return
	}
	f.violate("An order was decided after its hold had lapsed.", Case{
		AtUS: o.CreatedAt, IDs: map[string]int64{"order_id": o.ID, "hold_id": h.ID},
		Expected: "before expires_at", Found: fmt.Sprintf("%d us after it", o.CreatedAt-h.ExpiresAt),
		severity: o.CreatedAt - h.ExpiresAt,
	}, ix.showHold(h))
}

// judgeCallsInTime looks at when orders were first asked for. The earliest attempt counts: any of them may
// be the one that was decided.
func judgeCallsInTime(ix *index, f *findings) {
	calls := &ix.history.Orders
	for attempts := range ix.orderRequests.all() {
		for _, i := range attempts {
			if c := calls.At(i); c.Outcome == history.OK {
				judgeCallInTime(ix, f, calls.At(attempts[0]).Call, c)
				break
			}
		}
	}
}

func judgeCallInTime(ix *index, f *findings, firstCall int64, c *history.OrderCall) {
	h := ix.hold(c.Hold)
	if h == nil {
		return
	}
	late := ix.clock.atLeast(firstCall) - h.ExpiresAt
	if late <= callSlackUS {
		return
	}
	f.violate("An order was accepted that was only asked for after its hold had lapsed.", Case{
		AtNS: c.Return, IDs: map[string]int64{"hold_id": h.ID, "order_id": c.GotOrder},
		Expected: "a refusal: the hold has expired",
		Found:    "an order " + strconv.FormatInt(late/1000, 10) + " ms after expires_at",
		severity: late,
	}, ix.showHold(h))
}

func judgeLapse(ix *index, f *findings, calm calm, h *history.Hold) {
	swept := h.UpdatedAt
	switch {
	case h.Status == history.HoldExpired && h.UpdatedAt < h.ExpiresAt:
		f.exercised++
		f.violate("A hold was expired before its time.", Case{
			AtUS: h.ExpiresAt, IDs: map[string]int64{"hold_id": h.ID, "product_id": h.Product},
			Expected: "not expired before expires_at", Found: fmt.Sprintf("expired %d us before it", h.ExpiresAt-h.UpdatedAt),
			severity: h.ExpiresAt - h.UpdatedAt,
		}, ix.showHold(h))
		return
	case h.Status == history.HoldExpired:
	case h.Status.Reserves() && h.ExpiresAt < calm.endUS:
		swept = calm.endUS
	default:
		return
	}
	f.exercised++
	if calm.overdue(h.ExpiresAt, swept) {
		judgeOverdue(ix, f, calm, h, swept)
	}
}

// judgeOverdue accuses the sweep of a hold that came too late, or had not come when the run was over.
func judgeOverdue(ix *index, f *findings, calm calm, h *history.Hold, swept int64) {
	what, still := "A lapsed hold was swept too late.", ""
	if h.Status != history.HoldExpired {
		what, still = "A lapsed hold was never swept.", "still "
	}
	f.violate(what, Case{
		AtUS: h.ExpiresAt, IDs: map[string]int64{"hold_id": h.ID, "product_id": h.Product},
		Expected: fmt.Sprintf("expired at most %d ms after expires_at", calm.graceUS/1000),
		Found:    fmt.Sprintf("%s%s %d ms after expires_at", still, h.Status, (swept-h.ExpiresAt)/1000),
		severity: swept - h.ExpiresAt,
	}, ix.showHold(h))
}
