package checker

import (
	"fmt"
	"testing"

	"flashsale/internal/evidence"
)

// BenchmarkJudge judges a run in memory; its own figures are per operation.
func BenchmarkJudge(b *testing.B) {
	for _, buyers := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("buyers=%d", buyers), func(b *testing.B) {
			ev := crowd(buyers)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if v := Judge(ev); v.ExitCode != ExitHeld {
					b.Fatalf("exit code %d, %v", v.ExitCode, v.Reasons)
				}
			}
			b.StopTimer()
			operations := float64(len(ev.Operations)) * float64(b.N)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/operations, "ns/operation")
		})
	}
}

// crowd is a run in which every buyer looks, holds, orders and pays, each payment being delivered three times. It
// has no commit log: that is measured where whole runs are.
func crowd(buyers int) *Evidence {
	s := newShop()
	p := s.product(1, 100, int64(buyers)+1)
	ev := &Evidence{Run: &s.run, Start: &evidence.Tables{Columns: ourColumns(), Products: []evidence.Product{*p}}}
	ev.Final = &evidence.Tables{Columns: ourColumns()}
	at := epochUS
	attempt := func(op evidence.Operation, status int32) {
		at += 10
		op.ID = int64(len(ev.Operations) + 1)
		op.Request, op.Attempt, op.Phase = op.ID, 1, evidence.PhaseStorm
		op.Call, op.Return = (at-epochUS-3)*1000, (at-epochUS+3)*1000
		accept(&op, status)
		ev.Operations = append(ev.Operations, op)
	}
	read := func() {
		attempt(evidence.Operation{Kind: evidence.ReadProduct, ProductID: 1, GotProductID: 1, GotPrice: 100,
			GotAvailable: p.StockTotal - p.StockSold}, 200)
	}
	for i := range int64(buyers) {
		id, key := i+1, fmt.Sprintf("bench-buyer-%d", i+1)
		read()
		h := evidence.Hold{ID: id, ProductID: 1, Qty: 1, Status: "completed", Key: key, CreatedAt: at + 10,
			ExpiresAt: at + 10 + s.ttl}
		attempt(evidence.Operation{Kind: evidence.CreateHold, ProductID: 1, Qty: 1, Key: key, GotHoldID: id,
			GotExpiresAt: h.ExpiresAt}, 201)
		o := evidence.Order{ID: id, ProductID: 1, HoldID: id, Qty: 1, TotalPrice: 100, Status: "paid", Key: key,
			CreatedAt: at + 10}
		attempt(evidence.Operation{Kind: evidence.CreateOrder, HoldID: id, Key: key, GotOrderID: id, GotQty: 1,
			GotTotal: 100}, 201)
		e := evidence.PaymentEvent{ID: id, OrderID: id, Key: key, Payment: "success", Outcome: "paid", CreatedAt: at + 10}
		for n := range 3 {
			attempt(evidence.Operation{Kind: evidence.SendWebhook, OrderID: id, Payment: "success", Key: key,
				GotStatus: "paid", GotOutcome: "paid", GotHandled: n == 0}, 200)
		}
		h.UpdatedAt, o.UpdatedAt = e.CreatedAt, e.CreatedAt
		p.StockSold, p.UpdatedAt = p.StockSold+1, e.CreatedAt
		ev.Final.Holds, ev.Final.Orders, ev.Final.Events = append(ev.Final.Holds, h), append(ev.Final.Orders, o),
			append(ev.Final.Events, e)
	}
	attempt(evidence.Operation{Kind: evidence.SendWebhook, OrderID: 1, Payment: "failure", Key: "forged",
		Tamper: evidence.Forged}, 200)
	refuse(&ev.Operations[len(ev.Operations)-1], 401, "invalid-signature")
	attempt(evidence.Operation{Kind: evidence.CreateHold, ProductID: 1, Qty: 99, Key: "too many"}, 201)
	refuse(&ev.Operations[len(ev.Operations)-1], 409, "not-enough-stock")
	at += secondUS
	read()
	ev.Operations[len(ev.Operations)-1].Phase = evidence.PhaseFinal
	ev.Final.Products = []evidence.Product{*p}
	for us := int64(0); us <= at-epochUS+secondUS; us += secondUS {
		s.run.Probes = append(s.run.Probes, evidence.ClockProbe{
			Before: (us - 100) * 1000, Database: epochUS + us, After: (us + 150) * 1000,
		})
	}
	s.run.ElapsedNS = (at - epochUS) * 1000
	s.run.Declared = evidence.Declared{
		Operations: int64(len(ev.Operations)), StartTables: ev.Start.Rows(), FinalTables: ev.Final.Rows(),
	}
	return ev
}
