package checker

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

// A shop that keeps its promises is never accused, whatever its clients and its network do: answers and
// requests are lost, keys are sent again and with other bodies, holds lapse, payments come late, conflict,
// arrive before their order and in batches, webhooks are forged, calls overlap as far as they like, servers stand still
// with a decision that they commit when others have given it up, and the database is away when its clock is asked for.
func TestInnocentShopsAreNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShop()
		for id := range int64(rapid.IntRange(1, 2).Draw(t, "products")) {
			s.product(id+1, 25*(id+1), int64(rapid.IntRange(1, 5).Draw(t, "stock")))
		}
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			s.anything(t)
		}
		ev := s.rest()
		if rapid.Bool().Draw(t, "the database was away") {
			darken(ev, int64(rapid.IntRange(0, 9).Draw(t, "from")), int64(rapid.IntRange(0, 9).Draw(t, "for")))
		}
		if rapid.Bool().Draw(t, "a commit log") {
			s.logged(ev)
		}
		if rapid.Bool().Draw(t, "a stranger's schema") {
			strip(ev)
		}
		v := Judge(ev)
		if len(ev.Commits) > 0 && ev.Run.Server.Kind != kindTarget && len(v.Reasons) > 0 {
			t.Fatalf("the commit log of an innocent shop cannot be used: %v", v.Reasons)
		}
		for _, r := range v.Checks {
			if r.Verdict == Fail {
				t.Fatalf("%s accuses an innocent shop: %+v", r.Name, r.Violations)
			}
		}
	})
}

// anything does one thing that a client, a payment provider or time can do.
func (s *shop) anything(t *rapid.T) {
	s.lead = int64(rapid.IntRange(0, 5000).Draw(t, "lead"))
	s.linger = int64(rapid.SampledFrom([]int{0, 300, 900, 4000, 2_500_000}).Draw(t, "linger"))
	fates := []fate{answered, answered, answered, answerLost, requestLost, turnedAway}
	f := rapid.SampledFrom(fates).Draw(t, "fate")
	key := func(prefix string) string {
		return fmt.Sprintf("%s%d", prefix, rapid.SampledFrom(manyKeys).Draw(t, "key"))
	}
	id := func(n int) int64 { return int64(rapid.IntRange(1, n+1).Draw(t, "id")) } // one too many: unknown
	payment := rapid.SampledFrom([]string{"success", "success", "failure"})
	switch rapid.SampledFrom(manyKeys[:14]).Draw(t, "step") {
	case 0, 1:
		s.hold(id(len(s.products)), int64(rapid.IntRange(1, 3).Draw(t, "qty")), key("h"), f)
	case 2:
		s.hold(id(len(s.products)-1), 1, "", f) // without a key
	case 3, 4:
		s.order(id(len(s.holds)), key("o"), f)
	case 5:
		s.order(id(len(s.holds)), "", f)
	case 6, 7:
		s.webhook(id(len(s.orders)), payment.Draw(t, "payment"), key("e"), f)
	case 8:
		s.batch(func() {
			for range rapid.IntRange(1, 5).Draw(t, "batch") {
				s.webhook(id(len(s.orders)), payment.Draw(t, "payment"), key("e"), f)
			}
		})
	case 9:
		s.wait(t)
	case 10:
		s.look(t)
	case 11:
		how := rapid.SampledFrom([]evidence.Tamper{evidence.Unsigned, evidence.Forged, evidence.Stale, evidence.Altered})
		s.tampered(id(len(s.orders)), payment.Draw(t, "payment"), key("e"), how.Draw(t, "tamper"))
	case 12:
		s.zombie(t, func() {
			s.webhook(id(len(s.orders)), payment.Draw(t, "payment"), key("e"), answerLost)
			s.order(id(len(s.holds)), key("o"), answerLost)
			s.hold(id(len(s.products)-1), 1, key("h"), answerLost)
		})
	default:
		s.purchase(t, key("buyer"))
	}
}

// zombie commits what was decided only after others have looked, retried in vain, or waited until holds lapsed.
func (s *shop) zombie(t *rapid.T, decide func()) {
	s.stalled(decide, func() {
		for range rapid.IntRange(0, 4).Draw(t, "meanwhile") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				s.wait(t)
			case 1:
				s.hold(1, 1, "h1", rapid.SampledFrom([]fate{requestLost, turnedAway}).Draw(t, "in vain"))
			default:
				s.look(t)
			}
		}
	})
}

// manyKeys numbers keys and steps; small enough that keys meet again.
var manyKeys = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}

// purchase is a buyer who gets as far as paying, in time or late, once or several times.
func (s *shop) purchase(t *rapid.T, name string) {
	product := rapid.SampledFrom(s.products).Draw(t, "product").ID
	hold := s.hold(product, int64(rapid.IntRange(1, 2).Draw(t, "qty")), name, answered)
	if hold.Outcome != evidence.OK {
		return
	}
	order := s.order(hold.GotHoldID, name, answered)
	if order.Outcome != evidence.OK {
		return
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "payments") {
		s.wait(t)
		payment := rapid.SampledFrom([]string{"success", "success", "failure"}).Draw(t, "payment")
		s.webhook(order.GotOrderID, payment, fmt.Sprintf("%s-%d", name, n), answered)
	}
}

// wait lets no time pass, or some, or so much that holds lapse.
func (s *shop) wait(t *rapid.T) {
	s.pass(rapid.SampledFrom([]int64{0, 1, 5_000, 700_000, s.ttl - 1000, s.ttl, s.ttl + 10_000}).Draw(t, "microseconds"))
}

// look reads something that is there.
func (s *shop) look(t *rapid.T) {
	switch what := rapid.IntRange(0, 2).Draw(t, "what"); {
	case what == 1 && len(s.holds) > 0:
		s.readHold(rapid.SampledFrom(s.holds).Draw(t, "hold").ID)
	case what == 2 && len(s.orders) > 0:
		s.readOrder(rapid.SampledFrom(s.orders).Draw(t, "order").ID)
	default:
		s.readProduct(rapid.SampledFrom(s.products).Draw(t, "product").ID)
	}
}

// strip leaves a stranger's tables: no keys of holds and orders, no counters, no times.
func strip(ev *Evidence) {
	ev.Run.Server.Kind = kindTarget
	columns := map[string]bool{"payment_events.outcome": true}
	for _, t := range []*evidence.Tables{ev.Start, ev.Final} {
		t.Columns = columns
		for i := range t.Products {
			p := &t.Products[i]
			p.StockHeld, p.CreatedAt, p.UpdatedAt = 0, 0, 0
		}
		for i := range t.Holds {
			h := &t.Holds[i]
			h.Key, h.CreatedAt, h.UpdatedAt = "", 0, 0
		}
		for i := range t.Orders {
			o := &t.Orders[i]
			o.Key, o.CreatedAt, o.UpdatedAt = "", 0, 0
		}
		for i := range t.Events {
			e := &t.Events[i]
			e.CreatedAt, e.UpdatedAt = 0, 0
		}
	}
	for _, c := range ev.Commits {
		for i := range c.Changes {
			change := &c.Changes[i]
			stripImage(change.Table, &change.Before)
			stripImage(change.Table, &change.After)
		}
	}
}

func stripImage(table string, row *evidence.Image) {
	row.StockHeld, row.CreatedAt, row.UpdatedAt = 0, 0, 0
	if table != evidence.TableEvents {
		row.Key = ""
	}
}
