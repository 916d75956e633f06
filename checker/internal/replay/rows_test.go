package replay

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The table must behave like a map whatever the ids: in sequence, in steps, huge, negative.
func TestRowsAreAMap(t *testing.T) {
	for name, id := range map[string]func(n int64) int64{
		"sequence": func(n int64) int64 { return n },
		"steps":    func(n int64) int64 { return n << 32 },
		"anywhere": func(n int64) int64 { return int64(mix(uint64(n))) },
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			table := newRows[hold]()
			model := map[int64]*hold{}
			for range 50_000 {
				id := id(random.Int64N(6000))
				if table.find(id) != model[id] {
					t.Fatalf("row %d: found %p, want %p", id, table.find(id), model[id])
				}
				if model[id] != nil && random.IntN(3) > 0 {
					table.drop(id)
					delete(model, id)
				} else if model[id] == nil {
					model[id] = table.add(id, hold{id: id, qty: id})
				}
			}
			compareRows(t, table, model)
		})
	}
}

// Ids as databases hand them out are found at once, or nearly so, wherever they begin.
func TestPagesStandNearTheirHomes(t *testing.T) {
	for _, step := range []int64{1, 2, 3, 10, 64, 1000, 1 << 10, 1 << 20, 1 << 32} {
		for _, first := range []int64{1, 100_000, 1<<17 - 30_000, 7<<40 - 30_000, -30_000} {
			table := newRows[hold]()
			for n := range int64(90_000) {
				table.add(first+n*step, hold{})
			}
			p := &table.pages
			away, mask := 0, len(p.slots)-1
			for at, n := range p.slots {
				if n != 0 {
					away += (at - p.home(p.store.at(n-1).number)) & mask
				}
			}
			if away > 8*p.count {
				t.Errorf("ids from %d in steps of %d: %d pages stand %d slots from home in all", first, step, p.count, away)
			}
		}
	}
}

func compareRows(t *testing.T, table *rows[hold], model map[int64]*hold) {
	for id, row := range model {
		if table.find(id) != row || row.id != id || row.qty != id {
			t.Fatalf("row %d is lost, or another", id)
		}
	}
	if table.count != len(model) {
		t.Fatalf("counted %d rows, want %d", table.count, len(model))
	}
	if table.drop(7<<40 + 1); table.count != len(model) {
		t.Fatal("dropped a row that is not there")
	}
}

func TestLapsesComeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOf(rapid.Int64Range(0, 50)).Draw(t, "times")
		var q lapses
		for i, at := range times {
			q.push(lapse{at, int64(i)})
		}
		slices.Sort(times)
		for _, want := range times {
			if got := q.entries[0].at; got != want {
				t.Fatalf("next lapse at %d, want %d", got, want)
			}
			q.pop()
		}
	})
}

// A queue keeps little more than twice the holds that are reserved, however many were settled before they lapsed.
func TestSettledHoldsLeaveTheQueue(t *testing.T) {
	m := New(Options{Timed: true})
	p := m.newProduct(1, 100)
	for id := int64(1); id <= 20*lapsesMin; id++ {
		h := m.holds.add(id, hold{id: id, qty: 1, expires: 1000 + id%7, product: p.place})
		m.setHold(h, holdActive)
		if id%4 != 0 || id < 10*lapsesMin {
			m.setHold(h, holdCompleted)
		}
		if most := 2*p.queue.alive + lapsesMin + 2; len(p.queue.entries) > most {
			t.Fatalf("%d entries for %d holds", len(p.queue.entries), p.queue.alive)
		}
	}
	m.advance(p, 2000)
	if p.queue.alive != 0 || p.lapsed != p.held || p.held != 10*lapsesMin/4+1 {
		t.Fatalf("%d alive, %d held, %d lapsed", p.queue.alive, p.held, p.lapsed)
	}
}

// What a batch can have decided is what some order of its events leads to.
func TestReachIsEveryOrderOfDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom([]orderState{orderPending, orderCanceled, orderPaid}).Draw(t, "from")
		gone := rapid.Bool().Draw(t, "gone")
		events := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, int(effects)-1), func(x int) effect { return effect(x) }), 0, 6).
			Draw(t, "events")
		var count Tally
		for _, x := range events {
			count.add(x)
		}
		if got, want := reach(from, count, gone), everyOrder(from, events, gone); got != want {
			t.Fatalf("%v from %s: %q, want %q", events, from, got, want)
		}
	})
}

func everyOrder(from orderState, events []effect, gone bool) (result Statuses) {
	if len(events) == 0 {
		return 1 << from
	}
	for i, x := range events {
		if next := step(from, x, gone); next != orderAbsent {
			result |= everyOrder(next, slices.Delete(slices.Clone(events), i, i+1), gone)
		}
	}
	return result
}

func TestStepsOfAnOrder(t *testing.T) {
	for _, c := range []struct {
		from orderState
		x    effect
		gone bool
		to   orderState
	}{
		{orderPending, effectPaid, false, orderPaid},
		{orderPending, effectRefundDue, false, orderAbsent},
		{orderPending, effectRefundDue, true, orderCanceled},
		{orderPending, effectCanceled, false, orderCanceled},
		{orderPending, effectIgnored, true, orderAbsent},
		{orderCanceled, effectPaid, true, orderPaid},
		{orderCanceled, effectRefundDue, false, orderCanceled},
		{orderCanceled, effectCanceled, true, orderAbsent},
		{orderCanceled, effectIgnored, false, orderCanceled},
		{orderPaid, effectPaid, true, orderAbsent},
		{orderPaid, effectRefundDue, false, orderPaid},
		{orderPaid, effectCanceled, true, orderAbsent},
		{orderPaid, effectIgnored, false, orderPaid},
	} {
		if got := step(c.from, c.x, c.gone); got != c.to {
			t.Errorf("%s, effect %d, gone %v: %s, want %s", c.from, c.x, c.gone, got, c.to)
		}
	}
}
