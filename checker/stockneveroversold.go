package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

// stockNeverOversold judges the totals of the final tables, and the sale at every instant before: after every
// commit, where there is a commit log, and by the rows' own times.
//
// The instants: every hold's row tells from when to when it surely had its stock (see occupancy). Decision
// times are read under the product's lock, so for one product they are in commit order, and the occupied
// stock at time t is what the transaction that decided at t found and left behind: more than stock_total was
// promised to two buyers at once. Lapsed stock is free at expires_at itself, for a reservation needs
// expires_at > now. stock_total only grows, so the final one is the loosest bound. Releases count before
// acquisitions of the same microsecond. All of this errs on the side of the innocent: intervals are never
// longer than the stock was really taken.
//
// Without a commit log it cannot see stock taken by a transaction that left no row, or that was decided earlier
// than its row says.
func stockNeverOversold() check {
	return check{
		name:    "stock-never-oversold",
		promise: "After every commit sold <= total and sold + reserved <= total, and stock_held, where kept, equals its sum.",
		needs:   []Need{NeedFinal},
		judge: func(ix *index, f *findings) {
			f.exercised = int64(ix.final.Holds.Len())
			judgeTotals(ix, f)
			switch {
			case ix.timed:
				judgeInstants(ix, f)
			case ix.clock.step != "":
				f.doubt = ix.notime
			default:
				f.note = "judged by final totals only: " + ix.notime
			}
		},
		standing: func(ix *index, f *findings) {
			f.exercised = int64(ix.final.Holds.Len())
			judgeTotals(ix, f)
			if !ix.stamped {
				f.note = "judged by final totals only: " + ix.notime
				return
			}
			judgeNow(ix, f)
		},
	}
}

// judgeNow adds up what is sold and reserved as the tables stand. It takes the newest time in a product's holds for
// now: at the last of their decisions the clock showed no more than that, even if it has been set back since, so
// whatever is reserved and lapses later was reserved then.
func judgeNow(ix *index, f *findings) {
	t := ix.final
	now, reserved := make([]int64, t.Products.Len()), make([]int64, t.Products.Len())
	for _, h := range t.Holds.All() {
		if i := ix.products.Find(h.Product); i != history.None {
			now[i] = max(now[i], h.CreatedAt, h.UpdatedAt)
		}
	}
	for _, h := range t.Holds.All() {
		if i := ix.products.Find(h.Product); i != history.None && h.Status.Reserves() && h.ExpiresAt > now[i] {
			reserved[i] += h.Qty
		}
	}
	for i, p := range t.Products.All() {
		if over := p.StockSold + reserved[i] - p.StockTotal; over > 0 {
			f.violate("More is sold and reserved than there is.", Case{
				AtUS: now[i], IDs: map[string]int64{"product_id": p.ID},
				Values: map[string]string{
					"sold": strconv.FormatInt(p.StockSold, 10), "reserved": strconv.FormatInt(reserved[i], 10),
				},
				Expected: fmt.Sprintf("at most %d taken", p.StockTotal),
				Found:    fmt.Sprintf("%d taken", p.StockTotal+over), severity: over,
			}, showRows(nil, productRow(p.ID)))
		}
	}
}

func judgeTotals(ix *index, f *findings) {
	held := make([]int64, ix.final.Products.Len())
	for _, h := range ix.final.Holds.All() {
		if i := ix.products.Find(h.Product); i != history.None && h.Status.Reserves() {
			held[i] += h.Qty
		}
	}
	for i, p := range ix.final.Products.All() {
		c := Case{AtUS: p.UpdatedAt, IDs: map[string]int64{"product_id": p.ID}}
		if p.StockSold > p.StockTotal {
			c.Expected, c.Found = fmt.Sprintf("at most %d sold", p.StockTotal), fmt.Sprintf("%d sold", p.StockSold)
			c.severity = p.StockSold - p.StockTotal
			f.violate("More was sold than there was.", c, showRows(nil, productRow(p.ID)))
		}
		if ix.keeps("products.stock_held") && p.StockHeld != held[i] {
			c.Expected, c.Found = fmt.Sprintf("stock_held = %d", held[i]), strconv.FormatInt(p.StockHeld, 10)
			c.severity = max(p.StockHeld-held[i], held[i]-p.StockHeld)
			f.violate("stock_held is not the sum over active and used holds.", c, showRows(nil, productRow(p.ID)))
		}
	}
}

// judgeInstants goes through one product after the other, so that the steps of one are in memory at a time.
func judgeInstants(ix *index, f *findings) {
	t := ix.final
	holdsOf := history.Group(&t.Holds, t.Products.Len(), func(h *history.Hold) uint32 { return ix.products.Find(h.Product) })
	var steps []change
	for i, holds := range holdsOf.All() {
		steps = steps[:0]
		for _, h := range holds {
			steps = ix.occupancy(h, steps)
		}
		sortChanges(steps)
		judgeProduct(ix, f, t.Products.At(i), steps)
	}
}

func judgeProduct(ix *index, f *findings, p *evidence.Product, steps []change) {
	occupied := int64(0)
	var crowd exhibit // steps are in order of time, so only the first case of a product can be the first of all
	for n, s := range steps {
		occupied += s.qty
		if s.qty < 0 || occupied <= p.StockTotal {
			continue
		}
		h := ix.final.Holds.At(s.hold)
		c := Case{
			AtUS:     s.at,
			IDs:      map[string]int64{"product_id": p.ID, "hold_id": h.ID},
			Values:   map[string]string{"qty": strconv.FormatInt(h.Qty, 10)},
			Expected: fmt.Sprintf("at most %d taken", p.StockTotal),
			Found:    fmt.Sprintf("%d taken", occupied),
			severity: occupied - p.StockTotal,
		}
		if crowd.rows == nil {
			crowd = showCrowd(ix, p, steps[:n+1])
		}
		f.violate("More stock was sold and reserved at one instant than there was.", c, crowd)
	}
}

// showCrowd shows the hold that was one too many, the last of the steps, and others that had the stock then.
func showCrowd(ix *index, p *evidence.Product, steps []change) exhibit {
	last := steps[len(steps)-1]
	taken := make(map[uint32]int64)
	for _, s := range steps {
		taken[s.hold] += s.qty
	}
	crowd := make(map[int64]bool)
	rows := []rowRef{productRow(p.ID)}
	show := func(hold uint32) {
		if id := ix.final.Holds.At(hold).ID; !crowd[id] && len(rows) < exhibitsMax {
			crowd[id] = true
			rows = append(rows, holdRow(id))
		}
	}
	show(last.hold)
	for _, s := range steps {
		if taken[s.hold] > 0 {
			show(s.hold)
		}
	}
	return showRows(func(op *evidence.Operation) bool {
		return op.Kind == evidence.CreateHold && crowd[op.GotHoldID] ||
			op.Kind == evidence.CreateOrder && crowd[op.HoldID] && op.Outcome == evidence.OK
	}, rows...)
}
