package checker

import "flashsale/checker/internal/history"

// statuses is a set of order statuses.
type statuses uint8

const (
	maybePending statuses = 1 << iota
	maybeCanceled
	maybePaid
)

func (s statuses) has(status history.OrderStatus) bool {
	switch status {
	case history.OrderPending:
		return s&maybePending != 0
	case history.OrderCanceled:
		return s&maybeCanceled != 0
	case history.OrderPaid:
		return s&maybePaid != 0
	default:
		return false
	}
}

// String lists the statuses of a set, for people.
func (s statuses) String() string {
	text := ""
	for _, status := range []history.OrderStatus{history.OrderPending, history.OrderCanceled, history.OrderPaid} {
		if !s.has(status) {
			continue
		}
		if text != "" {
			text += " or "
		}
		text += status.String()
	}
	return text
}

// effect numbers the four things that a payment event can do.
type effect int

const (
	effectPaid effect = iota
	effectRefundDue
	effectCanceled
	effectIgnored
	effects // how many there are
)

// effectOf classifies an event; ok is false if its outcome is none that its payment can have.
func effectOf(e *history.Event) (x effect, ok bool) {
	switch {
	case e.Payment == history.PaymentSuccess && e.Effect == history.EffectPaid:
		return effectPaid, true
	case e.Payment == history.PaymentSuccess && e.Effect == history.EffectRefundDue:
		return effectRefundDue, true
	case e.Payment == history.PaymentFailure && e.Effect == history.EffectCanceled:
		return effectCanceled, true
	case e.Payment == history.PaymentFailure && e.Effect == history.EffectIgnored:
		return effectIgnored, true
	}
	return 0, false
}

// step takes an order from one status to the next; 0: there is no such transition. A success that finds the
// order pending and its reservation in force must be paid: refund_due needs a lapsed hold.
func step(from statuses, x effect, lapsed bool) statuses {
	switch {
	case x == effectPaid && from != maybePaid:
		return maybePaid
	case x == effectRefundDue && (from != maybePending || lapsed):
		return max(from, maybeCanceled) // a pending order is canceled, the others stay as they are
	case x == effectCanceled && from == maybePending:
		return maybeCanceled
	case x == effectIgnored && from != maybePending:
		return from
	}
	return 0
}

// tally counts the events of one group by effect.
type tally [effects]int

// reach returns every status that an order can have after the events of a group, in whatever order they
// were decided. One batch decides at one instant and stores its events sorted by key, so events of the
// same microsecond are a group: their ids tell nothing.
func reach(from statuses, group tally, lapsed bool) statuses {
	memo := make(map[reached]statuses)
	var result statuses
	for _, one := range []statuses{maybePending, maybeCanceled, maybePaid} {
		if from&one != 0 {
			result |= reachFrom(reached{one, group}, lapsed, memo)
		}
	}
	return result
}

type reached struct {
	from statuses
	left tally
}

func reachFrom(at reached, lapsed bool, memo map[reached]statuses) statuses {
	if at.left == (tally{}) {
		return at.from
	}
	if result, known := memo[at]; known {
		return result
	}
	var result statuses
	for x := range effects {
		if at.left[x] == 0 {
			continue
		}
		if next := step(at.from, x, lapsed); next != 0 {
			left := at.left
			left[x]--
			result |= reachFrom(reached{next, left}, lapsed, memo)
		}
	}
	memo[at] = result
	return result
}
