package checker

import (
	"fmt"
	"strconv"

	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

// soldMatchesPaid compares the counter with what it counts. The tables are one snapshot of a database that
// changes both in one transaction, so the two agree at any instant, even in the middle of a run; the commit log
// shows every instant. What counts as exercise is what was sold: in a run that sold nothing the two agree
// whatever the shop does.
//
// Without a commit log it cannot see a difference that came and went before the end.
func soldMatchesPaid() check {
	return check{
		name:    "sold-matches-paid",
		promise: "After every commit stock_sold is the sum of qty over paid orders.",
		needs:   []Need{NeedFinal},
		judge: func(ix *index, f *findings) {
			paid := paidUnits(ix, f)
			for i, p := range ix.final.Products.All() {
				if p.StockSold != paid[i] {
					f.violate("stock_sold is not what the paid orders add up to.", soldCase(p, paid[i]), showSold(ix, p))
				}
			}
		},
		standing: soldExplained,
	}
}

// soldExplained allows for paid orders that retention has removed: more may have been sold than is still explained.
func soldExplained(ix *index, f *findings) {
	paid := paidUnits(ix, f)
	for i, p := range ix.final.Products.All() {
		switch {
		case p.StockSold < paid[i]:
			f.violate("stock_sold is less than what the paid orders add up to.", soldCase(p, paid[i]), showSold(ix, p))
		case p.StockSold > paid[i]:
			f.doubt = fmt.Sprintf("product %d has sold %d, and its paid orders add up to %d: either old ones were "+
				"removed, or something was counted that nobody paid for", p.ID, p.StockSold, paid[i])
		}
	}
}

func soldCase(p *evidence.Product, paid int64) Case {
	return Case{
		AtUS:     p.UpdatedAt,
		IDs:      map[string]int64{"product_id": p.ID},
		Expected: "stock_sold = " + strconv.FormatInt(paid, 10),
		Found:    "stock_sold = " + strconv.FormatInt(p.StockSold, 10),
		severity: max(p.StockSold-paid, paid-p.StockSold),
	}
}

// paidUnits adds up the paid orders of each product, and counts those that the run paid.
func paidUnits(ix *index, f *findings) []int64 {
	paid := make([]int64, ix.final.Products.Len())
	for _, o := range ix.final.Orders.All() {
		if o.Status != history.OrderPaid {
			continue
		}
		if !ix.paidBefore(o.ID) {
			f.exercised++
		}
		if i := ix.products.Find(o.Product); i != history.None {
			paid[i] += o.Qty
		}
	}
	return paid
}

// paidBefore tells whether an order was paid before the run.
func (ix *index) paidBefore(id int64) bool {
	i := ix.old.orders.Find(id)
	return i != history.None && ix.start.Orders.At(i).Status == history.OrderPaid
}

// showSold shows a product, some of its orders, and the payments that were accepted for them.
func showSold(ix *index, p *evidence.Product) exhibit {
	rows := []rowRef{productRow(p.ID)}
	shown := make(map[int64]bool)
	for _, o := range ix.final.Orders.All() {
		if len(rows) == exhibitsMax {
			break
		}
		if o.Product == p.ID {
			rows = append(rows, orderRow(o.ID))
			shown[o.ID] = true
		}
	}
	return showRows(func(op *evidence.Operation) bool {
		return op.Kind == evidence.SendWebhook && shown[op.OrderID] && op.Outcome == evidence.OK
	}, rows...)
}
