package replay_test

import (
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// remove deletes rows as retention does.
func (s *shop) remove(rows ...row) {
	for _, r := range rows {
		s.put(r.table, r.id, evidence.Image{})
	}
}

// over is a shop with a purchase that is over (hold 1, order 2, event 3) and one that is not (hold 4, order 5).
func over() *shop {
	s := newShop(true, 9)
	s.each(func() { s.hold(1, 2, "") }, func() { s.use(1, "") }, func() { s.pay(2, "success", "a") },
		func() { s.hold(1, 1, "") }, func() { s.use(4, "") })
	return s
}

var (
	overEvent, overOrder, overHold = row{evidence.TableEvents, 3}, row{evidence.TableOrders, 2}, row{evidence.TableHolds, 1}
	openOrder, openHold            = row{evidence.TableOrders, 5}, row{evidence.TableHolds, 4}
)

// Retention removes an order with its event and its hold: what was sold stays sold, and nobody is accused.
func TestRetentionIsNoCrime(t *testing.T) {
	s := over()
	s.each(func() { s.remove(overEvent, overOrder, overHold) }, func() { s.pay(5, "success", "b") })
	o := s.options()
	o.Pruned = true
	judge(o, s.opening(), s.log).innocent(t, s)
	if got := s.judgeAll().checks(); !strings.Contains(got, "legal-transitions") {
		t.Errorf("who keeps all rows is accused of %q", got)
	}
}

// What is not over must stay, and an event as long as its order.
func TestWhatIsNotOverMustStay(t *testing.T) {
	for name, rows := range map[string][]row{
		"an event alone": {overEvent}, "a pending order": {openOrder}, "a hold that reserves": {openHold},
	} {
		s := over()
		s.each(func() { s.remove(rows...) })
		o := s.options()
		o.Pruned = true
		if got := judge(o, s.opening(), s.log).checks(); !strings.Contains(got, "legal-transitions") {
			t.Errorf("%s: found by %q\n%s", name, got, s)
		}
	}
}

// Rows that miss a commit from before the log's beginning do not go with the log. Once it is known that no commit can
// be in the rows, that is a gap and no silence.
func TestRowsThatMissACommitAreAGap(t *testing.T) {
	s := over()
	s.each(func() { s.pay(5, "success", "b") })
	o := s.options()
	o.Overlap = true
	j := judge(o, s.rowsAt(3), nil)
	j.machine.Joined()
	for i := range s.log[4:] { // the fourth commit is missing
		j.machine.Apply(&s.log[4+i])
	}
	if j.machine.Gap() == "" || len(j.findings) > 0 {
		t.Fatalf("gap %q, found %+v", j.machine.Gap(), j.findings)
	}
}
