package replay

import "strings"

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
func effectOf(payment, outcome string) (x effect, ok bool) {
	switch {
	case payment == "success" && outcome == "paid":
		return effectPaid, true
	case payment == "success" && outcome == "refund_due":
		return effectRefundDue, true
	case payment == "failure" && outcome == "canceled":
		return effectCanceled, true
	case payment == "failure" && outcome == "ignored":
		return effectIgnored, true
	}
	return 0, false
}

// step takes an order from one status to the next; absent: there is no such transition. A success that finds the
// order pending and its reservation in force must be paid: refund_due needs one that is gone.
func step(from orderState, x effect, gone bool) orderState {
	switch {
	case x == effectPaid && (from == orderPending || from == orderCanceled):
		return orderPaid
	case x == effectRefundDue && from == orderPending && gone:
		return orderCanceled
	case x == effectRefundDue && (from == orderCanceled || from == orderPaid):
		return from
	case x == effectCanceled && from == orderPending:
		return orderCanceled
	case x == effectIgnored && (from == orderCanceled || from == orderPaid):
		return from
	}
	return orderAbsent
}

// tally counts the events that one commit stores for an order, by effect.
type tally [effects]uint8

// add counts one more event, up to two. More say nothing new: a second `paid` or `canceled` is one too many
// already, and of any number of refunds or ignored events only the first can find the order in another status.
func (t *tally) add(x effect) { t[x] = min(t[x]+1, 2) }

// ways is a set of order statuses.
type ways uint8

func (w ways) has(s orderState) bool { return w&(1<<s) != 0 }

// String lists the statuses of a set, for people.
func (w ways) String() string {
	var names []string
	for _, s := range []orderState{orderPending, orderCanceled, orderPaid} {
		if w.has(s) {
			names = append(names, s.String())
		}
	}
	return strings.Join(names, " or ")
}

// reach returns every status that an order can have after events that one commit stored, in whatever order they
// were decided: a batch stores its events sorted by key. None: no order of decisions has these outcomes.
func reach(from orderState, left tally, gone bool) ways {
	if left == (tally{}) {
		return 1 << from
	}
	var result ways
	for x := range effects {
		if left[x] == 0 {
			continue
		}
		if next := step(from, x, gone); next != orderAbsent {
			rest := left
			rest[x]--
			result |= reach(next, rest, gone)
		}
	}
	return result
}
