package replay

import "flashsale/internal/evidence"

// SeedProduct tells of a product as it stood when the log began. Products come first, then holds, then orders,
// then events.
func (m *Machine) SeedProduct(row *evidence.Product) {
	p := m.newProduct(row.ID, row.Price)
	p.total, p.sold, p.stockHeld, p.updated = row.StockTotal, row.StockSold, row.StockHeld, row.UpdatedAt
}

// SeedHold tells of a hold as it stood when the log began.
func (m *Machine) SeedHold(row *evidence.Hold) {
	p := m.product(row.ProductID)
	if p == nil {
		m.miss("hold %d is for product %d, which was not there when the log began", row.ID, row.ProductID)
		return
	}
	h := m.holds.add(row.ID, hold{id: row.ID, product: p.place, qty: row.Qty, expires: row.ExpiresAt})
	m.setHold(h, parseHold(row.Status))
	m.newestSeeded = max(m.newestSeeded, h.id)
	m.remember(evidence.TableHolds, row.Key, row.ID)
	if m.memory != nil {
		m.settle(h)
	}
}

// SeedOrder tells of an order as it stood when the log began.
func (m *Machine) SeedOrder(row *evidence.Order) {
	p := m.product(row.ProductID)
	if p == nil {
		m.miss("order %d is for product %d, which was not there when the log began", row.ID, row.ProductID)
		return
	}
	o := m.orders.add(row.ID, order{id: row.ID, hold: row.HoldID, state: parseOrder(row.Status)})
	if o.state == orderPaid {
		p.paid += row.Qty
	}
	if h := m.holds.find(row.HoldID); h != nil {
		h.crowded = h.order != 0
		h.order = row.ID
	}
	m.remember(evidence.TableOrders, row.Key, row.ID)
	if m.memory != nil {
		m.settleOrder(o)
	}
}

// SeedEvent tells of a payment event that was there when the log began.
func (m *Machine) SeedEvent(row *evidence.PaymentEvent) {
	m.events.add(row.ID, row.OrderID, row.Payment, row.Outcome, 1)
	m.remember(evidence.TableEvents, row.Key, row.ID)
}

// remember notes a key, if keys are remembered.
func (m *Machine) remember(table, key string, id int64) {
	if m.memory != nil && key != "" {
		m.memory.keys[table].add(key, id)
	}
}
