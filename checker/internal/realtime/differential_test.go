package realtime

import (
	"flag"
	"math/rand/v2"
	"testing"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

var histories = flag.Int("histories", 12000, "how many random histories are judged by us and by porcupine")

// We and porcupine agree on every history: honest ones, and those that were tampered with. A disagreement in either
// direction fails.
func TestWeAgreeWithPorcupine(t *testing.T) {
	guilty, honest := 0, 0
	for seed := range uint64(*histories) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := newRecord(rng)
		for range rng.IntN(3) {
			r.spoil(rng)
		}
		log, worlds := r.log()
		ours, theirs := r.judged(t, log), r.linearizable(worlds)
		for i, d := range r.drafts {
			if !theirs {
				break
			}
			theirs = refundsAreDue(worlds[i], d)
		}
		if theirs {
			honest++
		} else {
			guilty++
		}
		if (len(ours) == 0) != theirs {
			t.Fatalf("seed %d (%s): linearizable %v, and we find %+v\n%s", seed, r.note, theirs, ours, r)
		}
	}
	t.Logf("%d histories can be explained, %d cannot", honest, guilty)
	if min(honest, guilty) < *histories/10 {
		t.Errorf("%d honest and %d guilty histories put nothing to the test", honest, guilty)
	}
}

// refundsAreDue tells whether every payment that a commit called due back finds its order paid, or too little left.
func refundsAreDue(before *world, d draft) bool {
	for _, e := range d.events {
		if e.Outcome != "refund_due" {
			continue
		}
		o := before.orders[e.OrderID]
		h := before.holds[o.HoldID]
		inForce := h.Status == "used" && h.ExpiresAt > d.at
		if o.Status != "paid" && (inForce || before.available(max(d.at, before.newest)) >= o.Qty) {
			return false
		}
	}
	return true
}

// judged is what we find.
func (r *record) judged(t *testing.T, log []evidence.Commit) (found []Finding) {
	t.Helper()
	var h history.History
	if err := h.Add(r.ops); err != nil {
		t.Fatal(err)
	}
	final := finalTables(t, &h, log)
	holds := history.IndexIDs(&final.Holds, func(row *history.Hold) int64 { return row.ID })
	orders := history.IndexIDs(&final.Orders, func(row *history.Order) int64 { return row.ID })
	ev := &Evidence{
		History: &h, Final: final, Recorder: r.record(t, log), Whole: true,
		AtLeast: func(ns int64) int64 { return startUS + ns/1000 - r.slack },
		AtMost:  func(ns int64) int64 { return startUS + ns/1000 + r.slack },
		Hold: func(id int64) *history.Hold {
			if i := holds.Find(id); i != history.None {
				return final.Holds.At(i)
			}
			return nil
		},
		Order: func(id int64) *history.Order {
			if i := orders.Find(id); i != history.None {
				return final.Orders.At(i)
			}
			return nil
		},
	}
	Judge(ev, func(f Finding) { found = append(found, f) })
	return found
}

// record replays the log, as the checker does.
func (r *record) record(t *testing.T, log []evidence.Commit) *Recorder {
	m := replay.New(replay.Options{TTLUS: lifeUS, Timed: true, Columns: ourColumns(), Found: func(replay.Finding) {}})
	m.SeedProduct(&evidence.Product{ID: 1, Price: 7, StockTotal: r.total, CreatedAt: startUS, UpdatedAt: startUS})
	rec := &Recorder{Timed: true}
	standing, _ := m.Product(1)
	rec.SeedProduct(standing)
	for i := range log {
		rec.Observe(&log[i], m.Apply(&log[i]))
	}
	if gap := m.Gap(); gap != "" {
		t.Fatalf("the log is not whole: %s\n%s", gap, r)
	}
	rec.Seal()
	return rec
}
