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

// Tally counts events that were decided at one instant for an order, by effect: those that one commit stores.
type Tally [effects]uint8

// add counts one more event, up to two. More say nothing new: a second `paid` or `canceled` is one too many
// already, and of any number of refunds or ignored events only the first can find the order in another status.
func (t *Tally) add(x effect) { t[x] = min(t[x]+1, 2) }

// Add counts an event; false if its outcome is none that its payment can have.
func (t *Tally) Add(payment, outcome string) bool {
	x, ok := effectOf(payment, outcome)
	if ok {
		t.add(x)
	}
	return ok
}

// Statuses is a set of order statuses.
type Statuses uint8

// Pending is where every order starts.
const Pending Statuses = 1 << orderPending

// Has tells whether an order can have a status.
func (w Statuses) Has(status string) bool { return w.has(parseOrder(status)) }

// After returns every status that an order that had one of these can have after some more events. None: no order of
// decisions has these outcomes. gone: its reservation may not have been in force.
func (w Statuses) After(events Tally, gone bool) (result Statuses) {
	for _, s := range []orderState{orderPending, orderCanceled, orderPaid} {
		if w.has(s) {
			result |= reach(s, events, gone)
		}
	}
	return result
}

func (w Statuses) has(s orderState) bool { return w&(1<<s) != 0 }

// String lists the statuses of a set, for people.
func (w Statuses) String() string {
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
func reach(from orderState, left Tally, gone bool) Statuses {
	if left == (Tally{}) {
		return 1 << from
	}
	var result Statuses
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
