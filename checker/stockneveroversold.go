package checker

import (
	"fmt"
	"strconv"

	"flashsale/internal/evidence"
)

// stockNeverOversold judges the totals of the final tables, and the sale at every instant before.
//
// The instants: every hold's row tells from when to when it surely had its stock (see occupancy). Decision
// times are read under the product's lock, so for one product they are in commit order, and the occupied
// stock at time t is what the transaction that decided at t found and left behind: more than stock_total was
// promised to two buyers at once. Lapsed stock is free at expires_at itself, for a reservation needs
// expires_at > now. stock_total only grows, so the final one is the loosest bound. Releases count before
// acquisitions of the same microsecond. All of this errs on the side of the innocent: intervals are never
// longer than the stock was really taken.
//
// It cannot see: stock taken by a transaction that left no row, or that was decided earlier than its row says.
func stockNeverOversold() check {
	return check{
		name:    "stock-never-oversold",
		promise: "After every commit sold <= total and sold + reserved <= total, and stock_held, where kept, equals its sum.",
		needs:   []Need{NeedFinal},
		judge: func(ix *index, f *findings) {
			f.exercised = int64(len(ix.final.Holds))
			judgeTotals(ix, f)
			switch {
			case ix.timed:
				judgeInstants(ix, f)
			case ix.clock.step != "":
				f.doubt = ix.untimed
			default:
				f.note = "judged by final totals only: " + ix.untimed
			}
		},
	}
}

func judgeTotals(ix *index, f *findings) {
	held := make(map[int64]int64)
	for i := range ix.final.Holds {
		if h := &ix.final.Holds[i]; reserves(h.Status) {
			held[h.ProductID] += h.Qty
		}
	}
	for i := range ix.final.Products {
		p := &ix.final.Products[i]
		c := Case{AtUS: p.UpdatedAt, IDs: map[string]int64{"product_id": p.ID}}
		if p.StockSold > p.StockTotal {
			c.Expected, c.Found = fmt.Sprintf("at most %d sold", p.StockTotal), fmt.Sprintf("%d sold", p.StockSold)
			c.severity = p.StockSold - p.StockTotal
			f.violate("More was sold than there was.", c, ix.show(nil, Row{Product: p}))
		}
		if ix.has("products.stock_held") && p.StockHeld != held[p.ID] {
			c.Expected, c.Found = fmt.Sprintf("stock_held = %d", held[p.ID]), strconv.FormatInt(p.StockHeld, 10)
			c.severity = max(p.StockHeld-held[p.ID], held[p.ID]-p.StockHeld)
			f.violate("stock_held is not the sum over active and used holds.", c, ix.show(nil, Row{Product: p}))
		}
	}
}

func judgeInstants(ix *index, f *findings) {
	steps := make(map[int64][]change)
	for i := range ix.final.Holds {
		h := &ix.final.Holds[i]
		steps[h.ProductID] = ix.occupancy(h, steps[h.ProductID])
	}
	for id, list := range steps {
		if p := ix.products[id]; p != nil {
			sortChanges(list)
			judgeProduct(ix, f, p, list)
		}
	}
}

func judgeProduct(ix *index, f *findings, p *evidence.Product, steps []change) {
	occupied := int64(0)
	for _, s := range steps {
		occupied += s.qty
		if s.qty < 0 || occupied <= p.StockTotal {
			continue
		}
		f.violate("More stock was sold and reserved at one instant than there was.", Case{
			AtUS:     s.at,
			IDs:      map[string]int64{"product_id": p.ID, "hold_id": s.hold.ID},
			Values:   map[string]string{"qty": strconv.FormatInt(s.hold.Qty, 10)},
			Expected: fmt.Sprintf("at most %d taken", p.StockTotal),
			Found:    fmt.Sprintf("%d taken", occupied),
			severity: occupied - p.StockTotal,
		}, showCrowd(ix, p, s, steps))
	}
}

// showCrowd shows the hold that was one too many, and others that had the stock at that instant.
func showCrowd(ix *index, p *evidence.Product, last change, steps []change) exhibit {
	return func() ([]Operation, []Row) {
		rows := []Row{{Product: p}, {Hold: last.hold}}
		crowd := map[int64]bool{last.hold.ID: true}
		taken := make(map[int64]int64)
		for _, s := range steps {
			if s.at > last.at {
				break
			}
			taken[s.hold.ID] += s.qty
		}
		for _, s := range steps {
			if len(rows) < exhibitsMax && taken[s.hold.ID] > 0 && !crowd[s.hold.ID] && s.at <= last.at {
				crowd[s.hold.ID] = true
				rows = append(rows, Row{Hold: s.hold})
			}
		}
		return ix.show(func(op *evidence.Operation) bool {
			return op.Kind == evidence.CreateHold && crowd[op.GotHoldID] ||
				op.Kind == evidence.CreateOrder && crowd[op.HoldID] && op.Outcome == evidence.OK
		}, rows...)()
	}
}
