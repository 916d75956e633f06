package checker

import (
	"strconv"

	"flashsale/internal/evidence"
)

// soldMatchesPaid compares the counter with what it counts. The tables are one snapshot of a database that
// changes both in one transaction, so the two agree at any instant, even in the middle of a run.
//
// It cannot see a difference that came and went before the end.
func soldMatchesPaid() check {
	return check{
		name:    "sold-matches-paid",
		promise: "After every commit stock_sold is the sum of qty over paid orders.",
		needs:   []Need{NeedFinal},
		judge: func(ix *index, f *findings) {
			paid := make(map[int64]int64)
			ordersOf := make(map[int64][]Row)
			for i := range ix.final.Orders {
				o := &ix.final.Orders[i]
				if o.Status == orderPaid {
					f.exercised++
					paid[o.ProductID] += o.Qty
				}
				if rows := ordersOf[o.ProductID]; len(rows) < exhibitsMax {
					ordersOf[o.ProductID] = append(rows, Row{Order: o})
				}
			}
			for i := range ix.final.Products {
				p := &ix.final.Products[i]
				if p.StockSold == paid[p.ID] {
					continue
				}
				f.violate("stock_sold is not what the paid orders add up to.", Case{
					AtUS:     p.UpdatedAt,
					IDs:      map[string]int64{"product_id": p.ID},
					Expected: "stock_sold = " + strconv.FormatInt(paid[p.ID], 10),
					Found:    "stock_sold = " + strconv.FormatInt(p.StockSold, 10),
					severity: max(p.StockSold-paid[p.ID], paid[p.ID]-p.StockSold),
				}, showSold(ix, p, ordersOf[p.ID]))
			}
		},
	}
}

func showSold(ix *index, p *evidence.Product, orders []Row) exhibit {
	shown := make(map[int64]bool, len(orders))
	for _, row := range orders {
		shown[row.Order.ID] = true
	}
	return ix.show(func(op *evidence.Operation) bool {
		return op.Kind == evidence.SendWebhook && shown[op.OrderID] && op.Outcome == evidence.OK
	}, append([]Row{{Product: p}}, orders...)...)
}
