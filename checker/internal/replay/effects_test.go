package replay

import "testing"

// Of the events of one instant nobody knows the order; every one that the table allows counts.
func TestStatusesAfterEvents(t *testing.T) {
	type tally [effects]int
	paid, refund, canceled, ignored := tally{1}, tally{0, 1}, tally{0, 0, 1}, tally{0, 0, 0, 1}
	const maybePending, maybeCanceled, maybePaid = Pending, Statuses(1 << orderCanceled), Statuses(1 << orderPaid)
	tests := []struct {
		name   string
		from   Statuses
		group  tally
		lapsed bool
		want   Statuses
	}{
		{"nothing", maybePending, tally{}, false, maybePending},
		{"pending is paid", maybePending, paid, false, maybePaid},
		{"pending is paid late", maybePending, paid, true, maybePaid},
		{"canceled is paid late", maybeCanceled, paid, true, maybePaid},
		{"paid is not paid again", maybePaid, paid, true, 0},
		{"pending is canceled", maybePending, canceled, false, maybeCanceled},
		{"canceled is not canceled again", maybeCanceled, canceled, false, 0},
		{"paid is not canceled", maybePaid, canceled, false, 0},
		{"a second charge", maybePaid, refund, false, maybePaid},
		{"pending, in time, is not refunded", maybePending, refund, false, 0},
		{"pending, too late, is", maybePending, refund, true, maybeCanceled},
		{"canceled is refunded", maybeCanceled, refund, false, maybeCanceled},
		{"pending ignores no failure", maybePending, ignored, false, 0},
		{"paid ignores failures", maybePaid, ignored, false, maybePaid},
		{"canceled ignores failures", maybeCanceled, ignored, false, maybeCanceled},
		{"paid and ignored, in one order only", maybePending, tally{1, 0, 0, 1}, false, maybePaid},
		{"canceled, then paid", maybePending, tally{1, 0, 1, 0}, false, maybePaid},
		{"two cancellations", maybePending, tally{0, 0, 2, 0}, false, 0},
		{"everything", maybePending, tally{1, 5, 1, 30}, true, maybePaid},
		{"from either", maybePending | maybePaid, refund, true, maybeCanceled | maybePaid},
	}
	for _, test := range tests {
		var group Tally
		for x, n := range test.group {
			for range n {
				group.add(effect(x))
			}
		}
		if got := test.from.After(group, test.lapsed); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
