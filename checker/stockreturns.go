package checker

import (
	"fmt"
	"strconv"

	"flashsale/internal/evidence"
)

// stockReturns judges the shop at rest: every hold is settled or lapsed and swept, and what the server says
// is available is what was not sold. A final read is only held against it if nothing of its product was
// decided, and nothing lapsed, after the read was called: a late effect of an attempt without an answer may
// change the stock between the read and the tables.
//
// A hold that has not lapsed, or not long enough ago for the sweep, means that the run never came to rest:
// that is doubt, not guilt. So is an interruption.
func stockReturns() check {
	return check{
		name:    "stock-returns",
		promise: "At rest nothing is reserved, and the server answers available = total - sold.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			switch {
			case ix.Run.Interrupted != "":
				f.doubt = "the run was interrupted before it came to rest"
				return
			case !ix.timed:
				f.doubt = ix.untimed
				return
			}
			judgeRest(ix, f)
			judgeHeldAtRest(ix, f)
			judgeFinalReads(ix, f)
		},
	}
}

// judgeRest looks for reservations in the final tables.
func judgeRest(ix *index, f *findings) {
	calm := newCalm(ix)
	for i := range ix.final.Holds {
		h := &ix.final.Holds[i]
		if !reserves(h.Status) {
			continue
		}
		if !calm.overdue(h.ExpiresAt, calm.endUS) {
			f.doubt = fmt.Sprintf("the run did not come to rest: hold %d is still %s", h.ID, h.Status)
			continue
		}
		f.violate("A lapsed hold still reserves stock at rest.", Case{
			AtUS: h.ExpiresAt, IDs: map[string]int64{"hold_id": h.ID, "product_id": h.ProductID},
			Expected: "expired, canceled or completed", Found: h.Status, severity: calm.endUS - h.ExpiresAt,
		}, ix.showHold(h))
	}
}

// judgeHeldAtRest looks at the counter of reservations, where one is kept.
func judgeHeldAtRest(ix *index, f *findings) {
	if f.doubt != "" || !ix.has("products.stock_held") {
		return
	}
	for i := range ix.final.Products {
		if p := &ix.final.Products[i]; p.StockHeld != 0 {
			f.violate("stock_held is not zero at rest.", Case{
				AtUS: p.UpdatedAt, IDs: map[string]int64{"product_id": p.ID},
				Expected: "0", Found: strconv.FormatInt(p.StockHeld, 10), severity: max(p.StockHeld, -p.StockHeld),
			}, ix.show(nil, Row{Product: p}))
		}
	}
}

// judgeFinalReads compares what buyers are told at rest with the tables.
func judgeFinalReads(ix *index, f *findings) {
	changed := lastChanges(ix)
	for i := range ix.Operations {
		op := &ix.Operations[i]
		if op.Kind != evidence.ReadProduct || op.Phase != evidence.PhaseFinal || op.Outcome != evidence.OK {
			continue
		}
		p := ix.products[op.ProductID]
		if p == nil || changed[p.ID] >= ix.clock.atLeast(op.Call) {
			continue
		}
		f.exercised++
		want := p.StockTotal - p.StockSold
		if op.GotAvailable == want {
			continue
		}
		f.violate("The stock that the server offers at rest is not what was left unsold.", Case{
			AtNS: op.Return, IDs: map[string]int64{"product_id": p.ID},
			Expected: fmt.Sprintf("%d - %d = %d", p.StockTotal, p.StockSold, want),
			Found:    strconv.FormatInt(op.GotAvailable, 10),
			severity: max(want-op.GotAvailable, op.GotAvailable-want),
		}, oneOp(op, Row{Product: p}))
	}
}

// lastChanges tells for each product when its stock last changed, by a decision or by a lapse.
func lastChanges(ix *index) map[int64]int64 {
	last := make(map[int64]int64, len(ix.final.Products))
	note := func(product, at int64) { last[product] = max(last[product], at) }
	for i := range ix.final.Products {
		note(ix.final.Products[i].ID, ix.final.Products[i].UpdatedAt)
	}
	for i := range ix.final.Holds {
		h := &ix.final.Holds[i]
		note(h.ProductID, max(h.CreatedAt, h.UpdatedAt))
		if h.Status == holdExpired || reserves(h.Status) {
			note(h.ProductID, h.ExpiresAt)
		}
	}
	for i := range ix.final.Orders {
		note(ix.final.Orders[i].ProductID, ix.final.Orders[i].UpdatedAt)
	}
	return last
}
