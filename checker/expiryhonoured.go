package checker

import (
	"fmt"
	"slices"
	"strconv"

	"flashsale/internal/evidence"
)

const (
	lapseSlackUS = 1_000_000 // what the sweep may take beyond two intervals, on a busy machine
	callSlackUS  = 10_000    // on top of the rigorous bounds of the clock probes
)

// expiryHonoured compares decision times with expires_at, all of one clock: a hold is granted for exactly the
// time to live; no order is decided at or after expires_at; `expired` is never decided before it, and by a
// sweep in time after it. An order is late, too, if its request was first CALLED when the database's clock
// had surely passed expires_at, whatever its row says.
//
// The sweep runs every interval and may wait for a lock: it has two intervals, a second of slack, and as
// long as the machine itself stood still, by the probes. Lapses that touch a fault window are excused, and
// an interrupted run is not asked for sweeps that it did not live to see. A hold that lapsed less than that
// before the end may still be unswept.
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
				f.doubt = ix.untimed
				return
			}
			calm := newCalm(ix)
			for i := range ix.final.Holds {
				h := &ix.final.Holds[i]
				if !ix.old.holds[h.ID] {
					judgeGrant(ix, f, h)
				}
				judgeLapse(ix, f, calm, h)
			}
			for i := range ix.final.Orders {
				judgeOrderInTime(ix, f, &ix.final.Orders[i])
			}
			judgeCallsInTime(ix, f)
		},
	}
}

func (ix *index) showHold(h *evidence.Hold) exhibit {
	return ix.show(aboutHold(h.ID, h.Key), withOrders(h, ix.ordersOf.of(h.ID))...)
}

func judgeGrant(ix *index, f *findings, h *evidence.Hold) {
	ttl := ix.Run.Server.HoldTTLUS
	if ttl == 0 || h.ExpiresAt == h.CreatedAt+ttl {
		return
	}
	f.violate("A hold was not granted for exactly its time to live.", Case{
		AtUS: h.CreatedAt, IDs: map[string]int64{"hold_id": h.ID},
		Expected: fmt.Sprintf("%d us", ttl), Found: fmt.Sprintf("%d us", h.ExpiresAt-h.CreatedAt),
		severity: max(h.ExpiresAt-h.CreatedAt-ttl, h.CreatedAt+ttl-h.ExpiresAt),
	}, ix.showHold(h))
}

func judgeOrderInTime(ix *index, f *findings, o *evidence.Order) {
	h := ix.holds[o.HoldID]
	if h == nil || ix.old.orders[o.ID] {
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
	ix.requests.each(func(id identity, attempts []*evidence.Operation) {
		if id.kind != evidence.CreateOrder {
			return
		}
		accepted := slices.IndexFunc(attempts, func(op *evidence.Operation) bool { return op.Outcome == evidence.OK })
		if accepted < 0 {
			return
		}
		op := attempts[accepted]
		h := ix.holds[op.HoldID]
		if h == nil {
			return
		}
		late := ix.clock.atLeast(attempts[0].Call) - h.ExpiresAt
		if late <= callSlackUS {
			return
		}
		f.violate("An order was accepted that was only asked for after its hold had lapsed.", Case{
			AtNS: op.Return, IDs: map[string]int64{"hold_id": h.ID, "order_id": op.GotOrderID},
			Expected: "a refusal: the hold has expired",
			Found:    "an order " + strconv.FormatInt(late/1000, 10) + " ms after expires_at",
			severity: late,
		}, ix.showHold(h))
	})
}

// calm knows by when a lapsed hold must have been swept.
type calm struct {
	graceUS     int64
	endUS       int64       // a database time that was reached before the tables were read
	storms      []faultSpan // no promise of timeliness holds here
	interrupted bool
	sweeps      bool
}

// faultSpan is a fault's window in database time.
type faultSpan struct{ from, to int64 }

func newCalm(ix *index) calm {
	sweep := ix.Run.Server.SweepIntervalUS
	c := calm{
		graceUS:     2*sweep + lapseSlackUS + ix.clock.stallUS(),
		endUS:       ix.clock.last(),
		interrupted: ix.Run.Interrupted != "",
		sweeps:      sweep > 0,
	}
	for _, fault := range ix.Run.Faults {
		span := faultSpan{from: ix.clock.atLeast(fault.Injected), to: ix.clock.atMost(fault.Healed)}
		if fault.Healed < fault.Injected { // never healed
			span.to = ix.clock.atMost(ix.Run.ElapsedNS)
		}
		c.storms = append(c.storms, span)
	}
	return c
}

// overdue tells whether a hold that lapsed at one time must not be swept as late as another.
func (c calm) overdue(lapsed, swept int64) bool {
	if !c.sweeps || c.interrupted || swept <= lapsed+c.graceUS {
		return false
	}
	for _, span := range c.storms {
		if lapsed <= span.to && span.from <= swept && swept-span.to <= c.graceUS {
			return false
		}
	}
	return true
}

func judgeLapse(ix *index, f *findings, calm calm, h *evidence.Hold) {
	c := Case{AtUS: h.ExpiresAt, IDs: map[string]int64{"hold_id": h.ID, "product_id": h.ProductID}}
	late := func(by int64) string { return fmt.Sprintf("%s %d ms after expires_at", h.Status, by/1000) }
	switch {
	case h.Status == holdExpired && h.UpdatedAt < h.ExpiresAt:
		f.exercised++
		c.Expected, c.Found = "not expired before expires_at", fmt.Sprintf("expired %d us before it", h.ExpiresAt-h.UpdatedAt)
		c.severity = h.ExpiresAt - h.UpdatedAt
		f.violate("A hold was expired before its time.", c, ix.showHold(h))
	case h.Status == holdExpired:
		f.exercised++
		if calm.overdue(h.ExpiresAt, h.UpdatedAt) {
			c.Expected = fmt.Sprintf("expired at most %d ms after expires_at", calm.graceUS/1000)
			c.Found, c.severity = late(h.UpdatedAt-h.ExpiresAt), h.UpdatedAt-h.ExpiresAt
			f.violate("A lapsed hold was swept too late.", c, ix.showHold(h))
		}
	case reserves(h.Status) && h.ExpiresAt < calm.endUS:
		f.exercised++
		if calm.overdue(h.ExpiresAt, calm.endUS) {
			c.Expected = fmt.Sprintf("expired at most %d ms after expires_at", calm.graceUS/1000)
			c.Found, c.severity = "still "+late(calm.endUS-h.ExpiresAt), calm.endUS-h.ExpiresAt
			f.violate("A lapsed hold was never swept.", c, ix.showHold(h))
		}
	}
}
