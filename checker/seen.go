package checker

import (
	"cmp"
	"slices"

	"flashsale/checker/internal/history"
)

// sighting is one status of an order or a hold in an answer.
type sighting struct {
	*history.Attempt
	rank rank
}

// rank orders statuses: no transition leads down. unranked is no status, or a foreign one.
type rank int8

const unranked rank = -1

func orderRank(status history.OrderStatus) rank {
	switch status {
	case history.OrderPending:
		return 0
	case history.OrderCanceled:
		return 1
	case history.OrderPaid:
		return 2
	default:
		return unranked
	}
}

func holdRank(status history.HoldStatus) rank {
	switch status {
	case history.HoldActive:
		return 0
	case history.HoldUsed:
		return 1
	case history.HoldExpired, history.HoldCanceled:
		return 2
	case history.HoldCompleted:
		return 3
	default:
		return unranked
	}
}

// judgeSeen compares what clients saw of each order and hold with what others had seen before, and with the
// final row. What was seen of a row that is not there is acknowledged-survives's matter.
func judgeSeen(ix *index, f *findings) {
	judgeSeenOrders(ix, f)
	judgeSeenHolds(ix, f)
}

func judgeSeenOrders(ix *index, f *findings) {
	h, n := &ix.history, ix.final.Orders.Len()
	webhooks := history.Group(&h.Webhooks, n, func(w *history.WebhookCall) uint32 {
		if !w.Acknowledged() || orderRank(w.GotStatus) == unranked {
			return history.None
		}
		return ix.orders.Find(w.Order)
	})
	reads := history.Group(&h.OrderReads, n, func(r *history.OrderRead) uint32 {
		if r.Outcome != history.OK || orderRank(r.GotStatus) == unranked {
			return history.None
		}
		return ix.orders.Find(r.Order)
	})
	var list []sighting
	for i, o := range ix.final.Orders.All() {
		list = list[:0]
		for _, w := range webhooks.Of(i) {
			c := h.Webhooks.At(w)
			list = append(list, sighting{&c.Attempt, orderRank(c.GotStatus)})
		}
		for _, r := range reads.Of(i) {
			c := h.OrderReads.At(r)
			list = append(list, sighting{&c.Attempt, orderRank(c.GotStatus)})
		}
		judgeSightings(f, list, sighted{orderRow(o.ID), orderRank(o.Status), o.Status.String(), orderRankText})
	}
}

func judgeSeenHolds(ix *index, f *findings) {
	h := &ix.history
	reads := history.Group(&h.HoldReads, ix.final.Holds.Len(), func(r *history.HoldRead) uint32 {
		if r.Outcome != history.OK || holdRank(r.GotStatus) == unranked {
			return history.None
		}
		return ix.holds.Find(r.Hold)
	})
	var list []sighting
	for i, members := range reads.All() {
		list = list[:0]
		for _, r := range members {
			c := h.HoldReads.At(r)
			list = append(list, sighting{&c.Attempt, holdRank(c.GotStatus)})
		}
		row := ix.final.Holds.At(i)
		judgeSightings(f, list, sighted{holdRow(row.ID), holdRank(row.Status), row.Status.String(), holdRankText})
	}
}

// sighted is the row that was seen, as it stood in the end.
type sighted struct {
	row    rowRef
	final  rank
	status string
	text   func(rank) string
}

func orderRankText(r rank) string { return [...]string{"pending", "canceled", "paid"}[r] }

func holdRankText(r rank) string {
	return [...]string{"active", "used", "expired or canceled", "completed"}[r]
}

// judgeSightings goes through one thing's sightings in the order of their calls. The highest rank among those
// that had returned by then is a floor for each.
func judgeSightings(f *findings, list []sighting, of sighted) {
	if !slices.ContainsFunc(list, func(s sighting) bool { return s.rank != list[0].rank || s.rank > of.final }) {
		return // the usual case: everybody saw the same, and so it ended
	}
	returned := slices.Clone(list)
	slices.SortFunc(returned, func(a, b sighting) int { return cmp.Compare(a.Return, b.Return) })
	slices.SortFunc(list, func(a, b sighting) int { return cmp.Compare(a.Call, b.Call) })
	var highest sighting
	next := 0
	for _, s := range list {
		for ; next < len(returned) && returned[next].Return < s.Call; next++ {
			if highest.Attempt == nil || returned[next].rank > highest.rank {
				highest = returned[next]
			}
		}
		if highest.Attempt != nil && s.rank < highest.rank {
			f.violate("A status that one client had seen was gone when the next one looked.", Case{
				AtNS: s.Return, IDs: rowIDs(of.row),
				Expected: of.text(highest.rank) + ", or what can follow it", Found: of.text(s.rank),
			}, showOps([]uint32{highest.ID, s.ID}, of.row))
		}
	}
	top := slices.MaxFunc(list, func(a, b sighting) int { return cmp.Compare(a.rank, b.rank) })
	if of.final >= 0 && of.final < top.rank {
		f.violate("A status that a client had seen is not what the final tables hold.", Case{
			AtNS: top.Return, IDs: rowIDs(of.row),
			Expected: of.text(top.rank) + ", or what can follow it", Found: of.status,
		}, oneOp(top.ID, of.row))
	}
}
