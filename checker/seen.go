package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// sighting is one status of an order or a hold in an answer.
type sighting struct {
	op   *evidence.Operation
	rank int
}

// ranks of statuses: no transition leads down.
func orderRank(status string) int {
	return slices.Index([]string{orderPending, orderCanceled, orderPaid}, status)
}

func holdRank(status string) int {
	switch status {
	case holdActive:
		return 0
	case holdUsed:
		return 1
	case holdExpired, holdCanceled:
		return 2
	case holdCompleted:
		return 3
	default:
		return -1
	}
}

// judgeSeen compares what clients saw of each order and hold with what others had seen before, and with the
// final row.
func judgeSeen(ix *index, f *findings) {
	orders, holds := make(map[int64][]sighting), make(map[int64][]sighting)
	for i := range ix.Operations {
		op := &ix.Operations[i]
		switch {
		case op.Outcome != evidence.OK || !honest(op):
		case op.Kind == evidence.ReadOrder, op.Kind == evidence.SendWebhook:
			if rank := orderRank(op.GotStatus); rank >= 0 {
				orders[op.OrderID] = append(orders[op.OrderID], sighting{op, rank})
			}
		case op.Kind == evidence.ReadHold:
			if rank := holdRank(op.GotStatus); rank >= 0 {
				holds[op.HoldID] = append(holds[op.HoldID], sighting{op, rank})
			}
		}
	}
	for id, list := range orders {
		row, status := Row{}, ""
		if o := ix.orders[id]; o != nil {
			row, status = Row{Order: o}, o.Status
		}
		judgeSightings(f, "order_id", id, list, row, status, orderRank(status))
	}
	for id, list := range holds {
		row, status := Row{}, ""
		if h := ix.holds[id]; h != nil {
			row, status = Row{Hold: h}, h.Status
		}
		judgeSightings(f, "hold_id", id, list, row, status, holdRank(status))
	}
}

// judgeSightings goes through one thing's sightings in the order of their calls. The highest rank among those
// that had returned by then is a floor for each.
func judgeSightings(f *findings, idName string, id int64, list []sighting, row Row, status string, final int) {
	returned := slices.Clone(list)
	slices.SortFunc(returned, func(a, b sighting) int { return cmp.Compare(a.op.Return, b.op.Return) })
	slices.SortFunc(list, func(a, b sighting) int { return cmp.Compare(a.op.Call, b.op.Call) })
	var highest sighting
	next := 0
	for _, s := range list {
		for ; next < len(returned) && returned[next].op.Return < s.op.Call; next++ {
			if highest.op == nil || returned[next].rank > highest.rank {
				highest = returned[next]
			}
		}
		if highest.op != nil && s.rank < highest.rank {
			f.violate("A status that one client had seen was gone when the next one looked.", Case{
				AtNS: s.op.Return, IDs: map[string]int64{idName: id},
				Expected: highest.op.GotStatus + ", or what can follow it", Found: s.op.GotStatus,
			}, seenRow([]*evidence.Operation{highest.op, s.op}, row))
		}
	}
	top := slices.MaxFunc(list, func(a, b sighting) int { return cmp.Compare(a.rank, b.rank) })
	if final >= 0 && final < top.rank {
		f.violate("A status that a client had seen is not what the final tables hold.", Case{
			AtNS: top.op.Return, IDs: map[string]int64{idName: id},
			Expected: top.op.GotStatus + ", or what can follow it", Found: status,
		}, seenRow([]*evidence.Operation{top.op}, row))
	}
}

func seenRow(ops []*evidence.Operation, row Row) exhibit {
	if row == (Row{}) {
		return showOps(ops)
	}
	return showOps(ops, row)
}
