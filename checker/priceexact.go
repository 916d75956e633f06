package checker

import (
	"fmt"
	"math/bits"
	"strconv"

	"flashsale/checker/internal/history"
)

// priceExact multiplies. No request changes a price, so the price in the final tables is the price of every
// order; a product whose price differs between the starting and the final tables was changed by somebody
// else and is left out here: the commit log knows the price in force at each order's commit. Rows, answers to
// orders and reads, and prices that buyers were shown must all agree.
//
// Without a commit log it cannot see a price that was changed and changed back.
func priceExact() check {
	return check{
		name:    "price-exact",
		promise: "The total price of an order is price x qty, in the tables and in every answer.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			prices := steadyPrices(ix)
			for _, o := range ix.final.Orders.All() {
				judgeOrderPrice(f, prices, o)
			}
			for _, r := range ix.history.ProductReads.All() {
				if r.Outcome == history.OK {
					judgeShownPrice(f, prices, r)
				}
			}
			for _, c := range ix.history.Orders.All() {
				if c.Outcome == history.OK {
					judgeToldTotal(ix, f, prices, &c.Attempt, c.GotOrder, c.GotQty, c.GotTotal)
				}
			}
			for _, r := range ix.history.OrderReads.All() {
				if r.Outcome == history.OK {
					judgeToldTotal(ix, f, prices, &r.Attempt, r.GotOrder, r.GotQty, r.GotTotal)
				}
			}
		},
	}
}

// pricing knows the prices of the products that kept theirs.
type pricing struct {
	ix     *index
	prices []int64 // by product
	steady []bool
}

func steadyPrices(ix *index) *pricing {
	n := ix.final.Products.Len()
	p := &pricing{ix, make([]int64, n), make([]bool, n)}
	for i, product := range ix.final.Products.All() {
		p.prices[i], p.steady[i] = product.Price, true
	}
	if ix.start == nil {
		return p
	}
	for _, product := range ix.start.Products.All() {
		if i := ix.products.Find(product.ID); i != history.None && p.prices[i] != product.Price {
			p.steady[i] = false
		}
	}
	return p
}

func (p *pricing) of(product int64) (price int64, steady bool) {
	i := p.ix.products.Find(product)
	if i == history.None {
		return 0, false
	}
	return p.prices[i], p.steady[i]
}

// exact tells whether total = price x qty, without overflow.
func exact(total, price, qty int64) bool {
	if total < 0 || price < 0 || qty < 0 {
		return false
	}
	high, low := bits.Mul64(uint64(price), uint64(qty))
	return high == 0 && low == uint64(total)
}

func judgeOrderPrice(f *findings, prices *pricing, o *history.Order) {
	price, steady := prices.of(o.Product)
	if !steady {
		return
	}
	f.exercised++
	if exact(o.Total, price, o.Qty) {
		return
	}
	f.violate("The total price of an order is not price x qty.", Case{
		AtUS: o.CreatedAt, IDs: map[string]int64{"order_id": o.ID, "product_id": o.Product},
		Expected: fmt.Sprintf("%d x %d", price, o.Qty), Found: strconv.FormatInt(o.Total, 10),
	}, showRows(aboutOrder(o.ID, o.Hold), orderRow(o.ID), productRow(o.Product)))
}

func judgeShownPrice(f *findings, prices *pricing, r *history.ProductRead) {
	price, steady := prices.of(r.Product)
	if !steady || r.GotPrice == price {
		return
	}
	f.violate("A buyer was shown another price than the product's.", Case{
		AtNS: r.Return, IDs: map[string]int64{"operation_id": int64(r.ID), "product_id": r.Product},
		Expected: strconv.FormatInt(price, 10), Found: strconv.FormatInt(r.GotPrice, 10),
	}, oneOp(r.ID, productRow(r.Product)))
}

// judgeToldTotal holds what a buyer was told of an order against the price of the order's own product. An order
// that is not there is acknowledged-survives's matter.
func judgeToldTotal(ix *index, f *findings, prices *pricing, a *history.Attempt, order, qty, total int64) {
	o := ix.order(order)
	if o == nil {
		return
	}
	price, steady := prices.of(o.Product)
	if !steady || exact(total, price, qty) {
		return
	}
	f.violate("A buyer was told a total that is not price x qty.", Case{
		AtNS: a.Return, IDs: map[string]int64{"operation_id": int64(a.ID), "order_id": order},
		Expected: fmt.Sprintf("%d x %d", price, qty), Found: strconv.FormatInt(total, 10),
	}, oneOp(a.ID, orderRow(order)))
}
