package replay

import (
	"cmp"
	"fmt"

	"flashsale/internal/evidence"
)

// Ending compares the rows to which the log has led with the final tables, as these are read row by row: each table
// by one goroutine, and several tables at a time. It needs a machine that remembers all rows.
type Ending struct {
	machine                 *Machine
	products, holds, orders comparison
	events                  eventSum
}

// comparison is how far the rows of one table were compared.
type comparison struct {
	found      int    // rows that are in both
	difference string // the first one
}

// Ending begins a comparison.
func (m *Machine) Ending() *Ending { return &Ending{machine: m} }

// Product compares a row of products.
func (e *Ending) Product(row *evidence.Product) {
	p := e.machine.product(row.ID)
	if p == nil {
		e.products.differ("product %d is in the tables and not in the log", row.ID)
		return
	}
	e.products.found++
	if p.price != row.Price || p.total != row.StockTotal || p.sold != row.StockSold || p.stockHeld != row.StockHeld {
		e.products.differ("product %d ends with price %d, %d in all, %d sold in the log, and with price %d, %d in all, "+
			"%d sold in the tables", row.ID, p.price, p.total, p.sold, row.Price, row.StockTotal, row.StockSold)
	}
}

// Hold compares a row of holds.
func (e *Ending) Hold(row *evidence.Hold) {
	h := e.machine.holds.find(row.ID)
	if h == nil {
		e.holds.differ("hold %d is in the tables and not in the log", row.ID)
		return
	}
	e.holds.found++
	p := e.machine.products[h.product]
	if h.state != parseHold(row.Status) || p.id != row.ProductID || h.qty != row.Qty || h.expires != row.ExpiresAt {
		e.holds.differ("hold %d ends %s in the log and %s in the tables, or its other columns differ", row.ID, h.state, row.Status)
	}
}

// Order compares a row of orders.
func (e *Ending) Order(row *evidence.Order) {
	o := e.machine.orders.find(row.ID)
	if o == nil {
		e.orders.differ("order %d is in the tables and not in the log", row.ID)
		return
	}
	e.orders.found++
	if o.state != parseOrder(row.Status) || o.hold != row.HoldID {
		e.orders.differ("order %d of hold %d ends %s in the log; in the tables it is of hold %d, and %s",
			row.ID, o.hold, o.state, row.HoldID, row.Status)
	}
}

// Event compares a row of payment_events.
func (e *Ending) Event(row *evidence.PaymentEvent) {
	e.events.add(row.ID, row.OrderID, row.Payment, row.Outcome, 1)
}

// Difference tells, after the last row, where the log and the tables part; empty: the log leads to these tables.
func (e *Ending) Difference() string {
	m := e.machine
	e.products.missing("products", len(m.placeOf))
	e.holds.missing("holds", m.holds.count)
	e.orders.missing("orders", m.orders.count)
	if first := cmp.Or(e.products.difference, e.holds.difference, e.orders.difference); first != "" {
		return first
	}
	if e.events != m.events {
		return fmt.Sprintf("the log leads to %d payment events, and the tables hold %d, or others", m.events.count, e.events.count)
	}
	return ""
}

func (c *comparison) missing(table string, logged int) {
	if c.found != logged {
		c.differ("%d %s are in the log and not in the tables", logged-c.found, table)
	}
}

// differ notes a difference. The first one is enough: the log is whole or it is not.
func (c *comparison) differ(format string, args ...any) {
	if c.difference == "" {
		c.difference = fmt.Sprintf(format, args...)
	}
}
