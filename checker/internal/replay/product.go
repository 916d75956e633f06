package replay

import "flashsale/internal/evidence"

// product is a row of products and the sums over its holds and orders.
type product struct {
	id, price, total, sold, stockHeld int64
	updated                           int64
	formerPrice                       int64 // the price before the last change; the price if there was none

	held   int64 // sum of qty over holds that are active or used,
	lapsed int64 // and over those of them that have lapsed by now
	paid   int64 // sum of qty over paid orders

	place uint32 // in the machine's list
	now   int64  // the newest decision time of its commits so far
	queue lapses
	last  int64 // position of the commit that concerned it last
	entry entry // how that commit found it, and what it did
}

// entry is how a commit finds a product, with lapses counted up to the commit's decision time, and what it does.
type entry struct {
	available, total, sold, paid int64
	heldGap                      int64 // by how much stock_held was off
	completed                    int64 // qty of holds that became completed, less those that ceased to be
	taken, given                 int64 // of what is available, by holds and restocks
	hidden                       int64 // qty that may have been both taken and given back in between
}

func (p *product) available() int64 { return p.total - p.sold - (p.held - p.lapsed) }

// touch notes how the commit at hand finds a product, before it changes anything of it.
func (m *Machine) touch(p *product) {
	if p.last == m.position {
		return
	}
	p.last = m.position
	m.touched.products = append(m.touched.products, p)
	if m.options.Timed {
		m.advance(p, m.at)
	}
	p.entry = entry{
		available: p.available(), total: p.total, sold: p.sold, paid: p.paid, heldGap: p.stockHeld - p.held,
	}
}

// changeProduct takes over a change of a row of products. stock_total may only grow. A changed price is
// somebody's decision and accuses nobody.
func (m *Machine) changeProduct(c *evidence.Change) {
	m.exercised[legalTransitions]++
	if c.Before.ID == 0 {
		m.insertProduct(&c.After)
		return
	}
	p := m.product(c.Before.ID)
	if p == nil || !p.is(&c.Before) {
		m.miss("commit %d changes product %d, which the log left otherwise", m.position, c.Before.ID)
		return
	}
	m.touch(p)
	if c.After.ID == 0 {
		delete(m.placeOf, p.id)
		m.recent = nil
		m.accuse(legalTransitions, Finding{What: "A commit deleted a product.", IDs: ids{"product_id": p.id},
			Expected: "rows that stay", Found: "none"})
		return
	}
	if c.After.StockTotal < p.total {
		m.accuse(legalTransitions, Finding{What: "A commit lowered a product's stock_total.", IDs: ids{"product_id": p.id},
			Expected: "at least " + number(p.total), Found: number(c.After.StockTotal)})
	}
	p.entry.gain(c.After.StockTotal - p.total)
	p.set(&c.After)
}

func (m *Machine) insertProduct(row *evidence.Image) {
	if m.product(row.ID) != nil {
		m.miss("commit %d inserts product %d, which is there", m.position, row.ID)
		return
	}
	p := m.newProduct(row.ID, row.Price)
	m.touch(p)
	p.entry.gain(row.StockTotal)
	p.set(row)
}

func (m *Machine) newProduct(id, price int64) *product {
	p := &product{id: id, price: price, formerPrice: price, place: uint32(len(m.products))}
	m.products = append(m.products, p)
	m.placeOf[id] = p.place
	return p
}

// product returns the product with an id, or nil.
func (m *Machine) product(id int64) *product {
	if p := m.recent; p != nil && p.id == id {
		return p
	}
	place, known := m.placeOf[id]
	if !known {
		return nil
	}
	m.recent = m.products[place]
	return m.recent
}

// is tells whether the row is as an image has it.
func (p *product) is(row *evidence.Image) bool {
	return p.price == row.Price && p.total == row.StockTotal && p.sold == row.StockSold &&
		p.stockHeld == row.StockHeld && p.updated == row.UpdatedAt
}

func (p *product) set(row *evidence.Image) {
	if p.price != row.Price {
		p.formerPrice = p.price
	}
	p.price, p.total, p.sold, p.stockHeld = row.Price, row.StockTotal, row.StockSold, row.StockHeld
	p.updated = row.UpdatedAt
}

// gain notes what a part of the commit gave back, or took if it is negative.
func (e *entry) gain(qty int64) {
	if qty > 0 {
		e.given += qty
	} else {
		e.taken -= qty
	}
}
