package checker

import (
	"fmt"
	"math"
	"strconv"
	"sync"

	"flashsale/checker/internal/history"
)

// stockReturns judges the shop at rest: every hold is settled or lapsed and swept, and what the server says
// is available is what was not sold. A final read is only held against it if nothing of its product was
// decided, and nothing lapsed, after the read was called: a late effect of an attempt without an answer may
// change the stock between the read and the tables. It may even have been decided before the read and be committed
// after it, by a server that stood still in between; so a read is not held against a payment of which nobody had
// been told by then.
//
// A hold that has not lapsed, or not long enough ago for the sweep, means that the run never came to rest:
// that is doubt, not guilt. So is an interruption.
//
// It cannot see stock that was kept from buyers before the run came to rest: that is refusals-true's matter.
func stockReturns() check {
	return check{
		name:    "stock-returns",
		promise: "At rest nothing is reserved, and the server answers available = total - sold.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			switch {
			case ix.run.Interrupted != "":
				f.doubt = "the run was interrupted before it came to rest"
				return
			case !ix.timed:
				f.doubt = ix.notime
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
	for _, h := range ix.final.Holds.All() {
		if !h.Status.Reserves() {
			continue
		}
		if !calm.overdue(h.ExpiresAt, calm.endUS) {
			f.doubt = fmt.Sprintf("the run did not come to rest: hold %d is still %s", h.ID, h.Status)
			continue
		}
		f.violate("A lapsed hold still reserves stock at rest.", Case{
			AtUS: h.ExpiresAt, IDs: map[string]int64{"hold_id": h.ID, "product_id": h.Product},
			Expected: "expired, canceled or completed", Found: h.Status.String(), severity: calm.endUS - h.ExpiresAt,
		}, ix.showHold(h))
	}
}

// judgeHeldAtRest looks at the counter of reservations, where one is kept.
func judgeHeldAtRest(ix *index, f *findings) {
	if f.doubt != "" || !ix.keeps("products.stock_held") {
		return
	}
	for _, p := range ix.final.Products.All() {
		if p.StockHeld != 0 {
			f.violate("stock_held is not zero at rest.", Case{
				AtUS: p.UpdatedAt, IDs: map[string]int64{"product_id": p.ID},
				Expected: "0", Found: strconv.FormatInt(p.StockHeld, 10), severity: max(p.StockHeld, -p.StockHeld),
			}, showRows(nil, productRow(p.ID)))
		}
	}
}

// judgeFinalReads compares what buyers are told at rest with the tables.
func judgeFinalReads(ix *index, f *findings) {
	changed, told := lastChanges(ix), sync.OnceValue(func() []int64 { return allTold(ix) })
	for _, r := range ix.history.ProductReads.All() {
		if !r.Final || r.Outcome != history.OK {
			continue
		}
		i := ix.products.Find(r.Product)
		if i == history.None || changed[i] >= ix.clock.atLeast(r.Call) {
			continue
		}
		p := ix.final.Products.At(i)
		want := p.StockTotal - p.StockSold
		if r.GotAvailable != want && r.Call <= told()[i] {
			continue
		}
		f.exercised++
		if r.GotAvailable == want {
			continue
		}
		f.violate("The stock that the server offers at rest is not what was left unsold.", Case{
			AtNS: r.Return, IDs: map[string]int64{"product_id": p.ID},
			Expected: fmt.Sprintf("%d - %d = %d", p.StockTotal, p.StockSold, want),
			Found:    strconv.FormatInt(r.GotAvailable, 10),
			severity: max(want-r.GotAvailable, r.GotAvailable-want),
		}, oneOp(r.ID, productRow(p.ID)))
	}
}

// lastChanges tells for each product when its stock last changed, by a decision or by a lapse.
func lastChanges(ix *index) []int64 {
	last := make([]int64, ix.final.Products.Len())
	note := func(product, at int64) {
		if i := ix.products.Find(product); i != history.None {
			last[i] = max(last[i], at)
		}
	}
	for _, p := range ix.final.Products.All() {
		note(p.ID, p.UpdatedAt)
	}
	for _, h := range ix.final.Holds.All() {
		note(h.Product, max(h.CreatedAt, h.UpdatedAt))
		if h.Status == history.HoldExpired || h.Status.Reserves() {
			note(h.Product, h.ExpiresAt)
		}
	}
	for _, o := range ix.final.Orders.All() {
		note(o.Product, o.UpdatedAt)
	}
	return last
}

// allTold tells for each product when buyers had been told of every payment that moved its stock, in client time:
// from then on all of them were committed. MaxInt64: there is one that nobody was ever told of.
func allTold(ix *index) []int64 {
	told := make([]int64, ix.final.Products.Len())
	for _, e := range ix.final.Events.All() {
		o := ix.order(e.Order)
		if o == nil || ix.old.event(e.ID) || e.Effect != history.EffectPaid && e.Effect != history.EffectCanceled {
			continue
		}
		if i := ix.products.Find(o.Product); i != history.None {
			told[i] = max(told[i], ix.firstTold(e))
		}
	}
	return told
}

// firstTold is when the first answer to a payment event returned; MaxInt64 if there was none.
func (ix *index) firstTold(e *history.Event) int64 {
	first := int64(math.MaxInt64)
	for _, i := range ix.webhookRequests.of(e.Key) {
		if w := ix.history.Webhooks.At(i); w.Acknowledged() {
			first = min(first, w.Return)
		}
	}
	return first
}
