package synth

import (
	"fmt"
	"slices"

	"flashsale/internal/evidence"
)

// product is one product on sale, its row, and the holds on it that may still lapse.
type product struct {
	evidence.Product
	lane    lane
	granted []*hold // in the order in which they lapse: all holds live equally long
	swept   int     // how many of granted are settled for certain
}

// assortment says of every product how much of all demand it draws, and how many units there are for every
// unit that will be asked for.
var assortment = [...]struct{ demand, supply float64 }{
	{0.36, 0.76}, {0.18, 0.86}, {0.12, 1.5}, {0.09, 1.5}, {0.07, 0.80}, {0.06, 1.5},
	{0.05, 1.5}, {0.03, 0.5}, {0.02, 1.5}, {0.015, 1.5}, {0.004, 0.1}, {0.001, 1.5},
}

const unitsPerHold = 1.4 // on average, see buyer.go

// stock opens the shop.
func (s *sale) stock() {
	sum := 0.0
	for i, a := range assortment {
		sum += a.demand
		s.heat = append(s.heat, sum)
		s.products = append(s.products, &product{Product: evidence.Product{
			ID: int64(i + 1), Name: fmt.Sprintf("Lamp %d", i+1), Price: 100 * int64(i+1),
			StockTotal: 1 + int64(a.supply*a.demand*float64(s.buyers)*unitsPerHold),
			CreatedAt:  epochUS - restUS, UpdatedAt: epochUS - restUS,
		}})
	}
}

// draw picks the product that a buyer wants.
func (s *sale) draw() *product {
	at := s.random.Float64() * s.heat[len(s.heat)-1]
	i, _ := slices.BinarySearch(s.heat, at)
	return s.products[i]
}

// left is what can be granted before lapsed holds are released.
func (p *product) left() int64 { return p.StockTotal - p.StockSold - p.StockHeld }

// lapsed lists holds that reserve stock and had lapsed by a time, oldest first, at most so many.
func (p *product) lapsed(by int64, most int) []*hold {
	for p.swept < len(p.granted) && !p.granted[p.swept].reserves() {
		p.swept++
	}
	if p.swept > len(p.granted)/2 {
		p.granted, p.swept = slices.Delete(p.granted, 0, p.swept), 0
	}
	var found []*hold
	for _, h := range p.granted[p.swept:] {
		if h.ExpiresAt > by || len(found) == most {
			break
		}
		if h.reserves() {
			found = append(found, h)
		}
	}
	return found
}

// available is what a read is told: lapsed holds that no sweep has reached are on sale again.
func (p *product) available(now int64) int64 {
	left := p.left()
	for _, h := range p.lapsed(now, len(p.granted)) {
		left += h.Qty
	}
	return left
}

// sweep finds lapsed holds without a lock and has them released through the lanes, like anything else.
func (s *sale) sweep() {
	for _, p := range s.products {
		if lapsed := p.lapsed(s.clock(), sweepMax); len(lapsed) > 0 {
			s.enter(p, &command{release: lapsed, answered: func() {}})
		}
	}
	s.retire(false)
	reserved := slices.ContainsFunc(s.products, func(p *product) bool { return p.StockHeld > 0 })
	if reserved || len(s.heap) > 0 {
		s.in(sweepUS, s.sweep)
	}
}

const sweepMax = 250 // holds released by one command
