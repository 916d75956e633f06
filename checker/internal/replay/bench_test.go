package replay_test

import (
	"runtime"
	"strconv"
	"testing"

	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// market logs endless purchases, a round at a time.
type market struct {
	product evidence.Image
	next    int64 // id of the next hold, order and event
	now     int64
	log     []evidence.Commit // of the last round
	logged  int64             // commits in all
}

func newMarket() *market {
	return &market{next: 1, now: epochUS,
		product: evidence.Image{ID: 1, Price: price, StockTotal: 1 << 40, CreatedAt: epochUS, UpdatedAt: epochUS}}
}

// round logs some batches of purchases, and tells how many changes that took.
func (m *market) round() (changes int) {
	m.log = m.log[:0]
	for range 50 {
		for _, c := range m.batch(20) {
			m.logged++
			m.log = append(m.log, evidence.Commit{Position: m.logged, Changes: c})
			changes += len(c)
		}
	}
	return changes
}

// batch makes three commits: holds, orders, payments.
func (m *market) batch(purchases int64) (commits [3][]evidence.Change) {
	commits[0] = []evidence.Change{m.sell(0, purchases)}
	commits[2] = []evidence.Change{m.sell(purchases, -purchases)}
	for range purchases {
		id, key := m.next, strconv.FormatInt(m.next, 10)
		m.next++
		active := evidence.Image{ID: id, ProductID: 1, Qty: 1, Status: "active", ExpiresAt: m.now + ttlUS, Key: key,
			CreatedAt: m.now, UpdatedAt: m.now}
		pending := evidence.Image{ID: id, ProductID: 1, HoldID: id, Qty: 1, TotalPrice: price, Status: "pending",
			CreatedAt: m.now, UpdatedAt: m.now}
		used, completed, paid := active, active, pending
		used.Status, completed.Status, paid.Status = "used", "completed", "paid"
		event := evidence.Image{ID: id, OrderID: id, Payment: "success", Outcome: "paid", Key: key, CreatedAt: m.now}
		commits[0] = append(commits[0], evidence.Change{Table: evidence.TableHolds, After: active})
		commits[1] = append(commits[1], evidence.Change{Table: evidence.TableHolds, Before: active, After: used},
			evidence.Change{Table: evidence.TableOrders, After: pending})
		commits[2] = append(commits[2], evidence.Change{Table: evidence.TableHolds, Before: used, After: completed},
			evidence.Change{Table: evidence.TableOrders, Before: pending, After: paid},
			evidence.Change{Table: evidence.TableEvents, After: event})
	}
	m.now += secondUS / 1000
	return commits
}

func (m *market) sell(sold, held int64) evidence.Change {
	before := m.product
	m.product.StockSold, m.product.StockHeld, m.product.UpdatedAt = before.StockSold+sold, before.StockHeld+held, m.now
	return evidence.Change{Table: evidence.TableProducts, Before: before, After: m.product}
}

// BenchmarkApply counts one change as one operation, and tells what a purchase leaves behind in memory.
func BenchmarkApply(b *testing.B) {
	for name, recent := range map[string]int{"whole": 0, "bounded": 10_000} {
		b.Run(name, func(b *testing.B) {
			m := newMarket()
			machine := replay.New(replay.Options{TTLUS: ttlUS, Timed: true, Recent: recent,
				Columns: map[string]bool{"products.stock_held": true, "payment_events.outcome": true},
				Found:   func(f replay.Finding) { b.Fatal(f) }})
			machine.SeedProduct(productOf(m.product))
			empty := heap()
			b.ReportAllocs()
			b.ResetTimer()
			for changes := 0; changes < b.N; {
				b.StopTimer()
				changes += m.round()
				b.StartTimer()
				for i := range m.log {
					machine.Apply(&m.log[i])
				}
			}
			b.StopTimer()
			m.log = nil
			b.ReportMetric(float64(int64(heap()-empty))/float64(m.next), "left-B/purchase")
			if machine.Gap() != "" {
				b.Fatal(machine.Gap())
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
