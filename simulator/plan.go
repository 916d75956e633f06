package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"sort"
	"time"

	"flashsale/scenarios"
)

// Plan is everything that a run intends: a pure function of scenario and seed. Buyers are made as they
// are asked for, so that a plan of any length takes the same memory.
type Plan struct {
	Seed     uint64
	Products []Product

	scenario   *scenarios.Scenario
	popularity []float64 // cumulative share of each product, for phases that go by skew
}

// Product is something on sale. Price is in whole units of the shop's currency.
type Product struct {
	Name  string
	Price int64
	Stock int64
}

// Buyer is what one person intends. Number counts from 1 in order of arrival.
type Buyer struct {
	Number  int64
	Arrival time.Duration // from the run's start
	Product int           // index into Plan.Products
	Qty     int64

	Browse     bool
	DoubleSend bool          // the hold leaves twice at once under one key
	Steal      bool          // orders somebody else's hold instead of taking one
	Think      time.Duration // from hold to order; longer than the hold lives if the buyer overstays
	Abandon    bool
	Orders     int  // orders of the hold at the same instant, each under a key of its own
	ReadBack   bool // reads back at once what the answers said
	Payment    Payment
}

// NewPlan plans a run.
func NewPlan(sc *scenarios.Scenario, seed uint64) *Plan {
	p := &Plan{Seed: seed, scenario: sc}
	total := 0.0
	for i := range sc.Products.Count {
		r := stream(seed, "product", int64(i))
		p.Products = append(p.Products, Product{
			Name:  productName(sc.Products, i),
			Price: turnOrDraw(sc.Products.Price, i, r.Float64()),
			Stock: turnOrDraw(sc.Products.Stock, i, r.Float64()),
		})
		total += math.Pow(float64(i+1), -sc.Products.Skew)
		p.popularity = append(p.popularity, total)
	}
	for i := range p.popularity {
		p.popularity[i] /= total
	}
	return p
}

// productName numbers the names if there are fewer of them than products.
func productName(products scenarios.Products, i int) string {
	name := products.Names[i%len(products.Names)]
	if len(products.Names) < products.Count {
		return fmt.Sprintf("%s %d", name, i+1)
	}
	return name
}

// turnOrDraw takes a list's entries in turn, anything else by chance; u is from [0, 1).
func turnOrDraw(n scenarios.Numbers, i int, u float64) int64 {
	if len(n.List) > 0 {
		return n.List[i%len(n.List)]
	}
	return n.Min + int64(u*float64(n.Max-n.Min+1))
}

// Buyers yields everybody in order of arrival.
func (p *Plan) Buyers() iter.Seq[Buyer] {
	return func(yield func(Buyer) bool) {
		next, d := arrivals(p.Seed, p.scenario), newDice()
		for n := int64(1); ; n++ {
			a, ok := next()
			if !ok || !yield(p.buyer(d, n, a)) {
				return
			}
		}
	}
}

// Arrivals counts the buyers.
func (p *Plan) Arrivals() int64 {
	next := arrivals(p.Seed, p.scenario)
	for n := int64(0); ; n++ {
		if _, ok := next(); !ok {
			return n
		}
	}
}

// Hash is the SHA-256, in hex, of the whole plan in its canonical encoding: two runs with equal
// hashes intended the same, to the byte. It walks through all buyers, about a microsecond each.
func (p *Plan) Hash() string {
	h := sha256.New()
	buffer := p.appendHeader(nil)
	for _, o := range p.Faults() {
		buffer = appendOrder(buffer, o)
	}
	for b := range p.Buyers() {
		buffer = b.appendTo(buffer)
		h.Write(buffer)
		buffer = buffer[:0]
	}
	h.Write(buffer)
	return hex.EncodeToString(h.Sum(nil))
}

// buyer makes the n-th buyer. Every decision is drawn, needed or not: see the draws.
func (p *Plan) buyer(d *dice, n int64, a arrival) Buyer {
	r := d.stream(p.Seed, "buyer", n)
	habits := &p.scenario.Buyers
	b := Buyer{Number: n, Arrival: a.at, Product: a.product}
	if popular := r.Float64(); b.Product < 0 {
		b.Product = min(sort.SearchFloat64s(p.popularity, popular), len(p.Products)-1)
	}
	b.Qty = drawNumber(r, habits.Qty)
	b.Browse = chance(r, habits.Browse)
	b.DoubleSend = chance(r, habits.DoubleSend)
	b.Steal = chance(r, habits.Steal)
	b.Think = drawSpan(r, habits.Think)
	b.Abandon = chance(r, habits.Abandon)
	b.Orders = 1
	if chance(r, habits.OrderTwice) {
		b.Orders = habits.OrdersAtOnce
	}
	b.ReadBack = chance(r, habits.ReadBack)
	if chance(r, habits.Overstay) {
		b.Think += p.scenario.Server.HoldTTL
	}
	b.Payment = p.payment(d, n, a.eager)
	if a.eager {
		b = Buyer{Number: n, Arrival: b.Arrival, Product: b.Product, Qty: 1, Orders: 1, Payment: b.Payment}
	}
	return b
}
