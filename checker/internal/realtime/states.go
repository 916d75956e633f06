package realtime

import "flashsale/checker/internal/history"

// ranks of states: no transition leads down. A state without a rank is met only as itself.
var (
	holdRanks = [...]int8{
		Absent: 0, history.HoldActive: 1, history.HoldUsed: 2, history.HoldExpired: 3, history.HoldCanceled: 3,
		history.HoldCompleted: 4, history.OtherHoldStatus: -1,
	}
	orderRanks = [...]int8{
		Absent: 0, history.OrderPending: 1, history.OrderCanceled: 2, history.OrderPaid: 3, history.OtherOrderStatus: -1,
	}
)

// holdBetween is the states that a hold may have had inside a transaction that took it from one to another.
func holdBetween(from, to uint8) States { return between(holdRanks[:], from, to) }

// orderBetween is the same for an order.
func orderBetween(from, to uint8) States { return between(orderRanks[:], from, to) }

// between is where one state leads over others to another: nothing leads from expired to canceled or back.
func between(ranks []int8, from, to uint8) States {
	set := StateSet(from, to)
	for state, rank := range ranks {
		if ranks[from] >= 0 && ranks[from] < rank && rank < ranks[to] {
			set |= StateSet(uint8(state))
		}
	}
	return set
}
