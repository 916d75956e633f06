package realtime

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"flashsale/internal/evidence"
)

// record is what a storm leaves behind.
type record struct {
	ops    []evidence.Operation // by return
	drafts []draft
	total  int64
	slack  int64  // how far the clocks can be apart, in microseconds
	note   string // what was done to it
}

func (r *record) sort() {
	slices.SortStableFunc(r.ops, func(a, b evidence.Operation) int { return cmp.Compare(a.Return, b.Return) })
}

// newRecord has a storm at a small shop. In some of them holds lapse, while nothing is under way.
func newRecord(rng *rand.Rand) *record {
	total := int64(1 + rng.IntN(5))
	s := &storm{Rand: rng, now: startUS + 1000, world: newWorld(total)}
	s.caching, s.stingy = rng.IntN(8) == 0, rng.IntN(8) == 0
	clients := 2 + rng.IntN(3)
	s.run(clients, 4+rng.IntN(10))
	if rng.IntN(3) == 0 {
		s.now += lifeUS + 10_000
		if rng.IntN(2) == 0 {
			s.commit(func(w *world) { w.sweep(s.now) })
			s.now += tickUS
		}
	}
	s.run(clients, rng.IntN(10))
	r := &record{ops: s.ops, drafts: s.drafts, total: total, slack: 5000 * int64(rng.IntN(2))}
	r.sort()
	return r
}

// log is the record's commits with all their images, and the worlds between them.
func (r *record) log() ([]evidence.Commit, []*world) {
	w := newWorld(r.total)
	worlds := []*world{w}
	var log []evidence.Commit
	product := evidence.Image{ID: 1, Price: 7, StockTotal: r.total, CreatedAt: startUS, UpdatedAt: startUS}
	for i, d := range r.drafts {
		w = w.clone()
		w.newest = max(w.newest, d.at)
		c := evidence.Commit{Position: int64(i) + 1, Log: "bin.1", End: int64(i)}
		if d.sold != 0 || d.held != 0 {
			before := product
			w.sold, w.held = w.sold+d.sold, w.held+d.held
			product.StockSold, product.StockHeld, product.UpdatedAt = w.sold, w.held, d.at
			c.Changes = append(c.Changes, evidence.Change{Table: evidence.TableProducts, Before: before, After: product})
		}
		c.Changes = append(c.Changes, put(evidence.TableHolds, w.holds, d.holds)...)
		c.Changes = append(c.Changes, put(evidence.TableOrders, w.orders, d.orders)...)
		c.Changes = append(c.Changes, put(evidence.TableEvents, w.events, d.events)...)
		log, worlds = append(log, c), append(worlds, w)
	}
	return log, worlds
}

func put(table string, into map[int64]evidence.Image, rows []evidence.Image) (changes []evidence.Change) {
	for _, row := range rows {
		changes = append(changes, evidence.Change{Table: table, Before: into[row.ID], After: row})
		into[row.ID] = row
	}
	return changes
}

func (r *record) String() string {
	var b strings.Builder
	for i, d := range r.drafts {
		fmt.Fprintf(&b, "commit %d at %d us: sold %+d held %+d", i+1, d.at-startUS, d.sold, d.held)
		for _, row := range slices.Concat(d.holds, d.orders, d.events) {
			fmt.Fprintf(&b, " {%d %s%s %s qty %d hold %d order %d}", row.ID, row.Status, row.Outcome, row.Key, row.Qty,
				row.HoldID, row.OrderID)
		}
		b.WriteByte('\n')
	}
	for _, op := range r.ops {
		fmt.Fprintf(&b, "operation %d [%d, %d] us %s hold %d order %d qty %d %s %s: ", op.ID, op.Call/1000, op.Return/1000,
			op.Kind, op.HoldID, op.OrderID, op.Qty, op.Payment, op.Key)
		fmt.Fprintf(&b, "%s %s %d hold %d order %d %s %s available %d\n", op.Outcome, op.Problem, op.HTTPStatus,
			op.GotHoldID, op.GotOrderID, op.GotStatus, op.GotOutcome, op.GotAvailable)
	}
	return b.String()
}
