package replay

// holdState is a hold's status; 0: there is no such row.
type holdState uint8

const (
	holdAbsent holdState = iota
	holdActive
	holdUsed
	holdCompleted
	holdExpired
	holdCanceled
	holdForeign // a word that the shop's table does not have
)

func parseHold(status string) holdState {
	switch status {
	case "active":
		return holdActive
	case "used":
		return holdUsed
	case "completed":
		return holdCompleted
	case "expired":
		return holdExpired
	case "canceled":
		return holdCanceled
	}
	return holdForeign
}

// String names the state, for people.
func (s holdState) String() string {
	return [...]string{"absent", "active", "used", "completed", "expired", "canceled", "in a state of its own"}[s]
}

// reserves tells whether a hold in this state keeps its stock until it lapses.
func (s holdState) reserves() bool { return s == holdActive || s == holdUsed }

// mayBecome tells whether the shop's table has a path from one state to another, as several steps may share a
// transaction. Whether the order allows it is judged with the order.
func (s holdState) mayBecome(next holdState) bool {
	switch s {
	case holdAbsent:
		return next != holdForeign
	case holdActive:
		return next == holdUsed || next == holdCompleted || next == holdExpired || next == holdCanceled
	case holdUsed:
		return next == holdCompleted || next == holdExpired || next == holdCanceled
	case holdExpired, holdCanceled:
		return next == holdCompleted // a late payment takes the stock again
	}
	return false
}

// orderState is an order's status; 0: there is no such row.
type orderState uint8

const (
	orderAbsent orderState = iota
	orderPending
	orderCanceled
	orderPaid
	orderForeign
)

func parseOrder(status string) orderState {
	switch status {
	case "pending":
		return orderPending
	case "canceled":
		return orderCanceled
	case "paid":
		return orderPaid
	}
	return orderForeign
}

// String names the state, for people.
func (s orderState) String() string {
	return [...]string{"absent", "pending", "canceled", "paid", "in a state of its own"}[s]
}

// mayBecome is the table's paths of orders: paid is final.
func (s orderState) mayBecome(next orderState) bool {
	switch s {
	case orderAbsent:
		return next != orderForeign
	case orderPending:
		return next == orderCanceled || next == orderPaid
	case orderCanceled:
		return next == orderPaid
	}
	return false
}
