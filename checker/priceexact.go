package checker

import (
	"fmt"
	"math/bits"
	"strconv"

	"flashsale/internal/evidence"
)

// priceExact multiplies. No request changes a price, so the price in the final tables is the price of every
// order; a product whose price differs between the starting and the final tables was changed by somebody
// else and is left out. Rows, answers to orders and reads, and prices that buyers were shown must all agree.
func priceExact() check {
	return check{
		name:    "price-exact",
		promise: "The total price of an order is price x qty, in the tables and in every answer.",
		needs:   []Need{NeedOperations, NeedFinal},
		judge: func(ix *index, f *findings) {
			prices := steadyPrices(ix)
			for i := range ix.final.Orders {
				judgeOrderPrice(ix, f, prices, &ix.final.Orders[i])
			}
			for i := range ix.Operations {
				if op := &ix.Operations[i]; op.Outcome == evidence.OK {
					judgeAnsweredPrice(ix, f, prices, op)
				}
			}
		},
	}
}

// steadyPrices are the prices of the products that kept theirs.
func steadyPrices(ix *index) map[int64]int64 {
	prices := make(map[int64]int64, len(ix.final.Products))
	for i := range ix.final.Products {
		prices[ix.final.Products[i].ID] = ix.final.Products[i].Price
	}
	if ix.Start == nil {
		return prices
	}
	for i := range ix.Start.Products {
		if p := &ix.Start.Products[i]; prices[p.ID] != p.Price {
			delete(prices, p.ID)
		}
	}
	return prices
}

// exact tells whether total = price x qty, without overflow.
func exact(total, price, qty int64) bool {
	if total < 0 || price < 0 || qty < 0 {
		return false
	}
	high, low := bits.Mul64(uint64(price), uint64(qty))
	return high == 0 && low == uint64(total)
}

func judgeOrderPrice(ix *index, f *findings, prices map[int64]int64, o *evidence.Order) {
	price, steady := prices[o.ProductID]
	if !steady {
		return
	}
	f.exercised++
	if exact(o.TotalPrice, price, o.Qty) {
		return
	}
	f.violate("The total price of an order is not price x qty.", Case{
		AtUS: o.CreatedAt, IDs: map[string]int64{"order_id": o.ID, "product_id": o.ProductID},
		Expected: fmt.Sprintf("%d x %d", price, o.Qty), Found: strconv.FormatInt(o.TotalPrice, 10),
	}, ix.show(aboutOrder(o), Row{Order: o}))
}

func judgeAnsweredPrice(ix *index, f *findings, prices map[int64]int64, op *evidence.Operation) {
	c := Case{AtNS: op.Return, IDs: map[string]int64{"operation_id": op.ID}}
	switch op.Kind {
	case evidence.ReadProduct:
		if price, steady := prices[op.ProductID]; steady && op.GotPrice != price {
			c.Expected, c.Found = strconv.FormatInt(price, 10), strconv.FormatInt(op.GotPrice, 10)
			f.violate("A buyer was shown another price than the product's.", c,
				oneOp(op, Row{Product: ix.products[op.ProductID]}))
		}
	case evidence.CreateOrder, evidence.ReadOrder:
		o := ix.orders[op.GotOrderID]
		if o == nil {
			return // acknowledged-survives asks where it is
		}
		if price, steady := prices[o.ProductID]; steady && !exact(op.GotTotal, price, op.GotQty) {
			c.IDs["order_id"] = o.ID
			c.Expected, c.Found = fmt.Sprintf("%d x %d", price, op.GotQty), strconv.FormatInt(op.GotTotal, 10)
			f.violate("A buyer was told a total that is not price x qty.", c, oneOp(op, Row{Order: o}))
		}
	}
}
