package replay

import (
	"fmt"

	"flashsale/internal/evidence"
)

// Ending compares the rows to which the log has led with the final tables, as these are read row by row. It needs
// a machine that remembers all rows.
type Ending struct {
	machine                 *Machine
	products, holds, orders int // rows that are in both
	events                  eventSum
	difference              string
}

// Ending begins a comparison.
func (m *Machine) Ending() *Ending { return &Ending{machine: m} }

// Product compares a row of products.
func (e *Ending) Product(row *evidence.Product) {
	p := e.machine.product(row.ID)
	if p == nil {
		e.differ("product %d is in the tables and not in the log", row.ID)
		return
	}
	e.products++
	if p.price != row.Price || p.total != row.StockTotal || p.sold != row.StockSold || p.stockHeld != row.StockHeld {
		e.differ("product %d ends with price %d, %d in all, %d sold in the log, and with price %d, %d in all, "+
			"%d sold in the tables", row.ID, p.price, p.total, p.sold, row.Price, row.StockTotal, row.StockSold)
	}
}

// Hold compares a row of holds.
func (e *Ending) Hold(row *evidence.Hold) {
	h := e.machine.holds.find(row.ID)
	if h == nil {
		e.differ("hold %d is in the tables and not in the log", row.ID)
		return
	}
	e.holds++
	p := e.machine.products[h.product]
	if h.state != parseHold(row.Status) || p.id != row.ProductID || h.qty != row.Qty || h.expires != row.ExpiresAt {
		e.differ("hold %d ends %s in the log and %s in the tables, or its other columns differ", row.ID, h.state, row.Status)
	}
}

// Order compares a row of orders.
func (e *Ending) Order(row *evidence.Order) {
	o := e.machine.orders.find(row.ID)
	if o == nil {
		e.differ("order %d is in the tables and not in the log", row.ID)
		return
	}
	e.orders++
	if o.state != parseOrder(row.Status) || o.hold != row.HoldID {
		e.differ("order %d of hold %d ends %s in the log; in the tables it is of hold %d, and %s",
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
	if e.difference == "" {
		e.missing("products", e.products, len(m.placeOf))
		e.missing("holds", e.holds, m.holds.count)
		e.missing("orders", e.orders, m.orders.count)
	}
	if e.difference == "" && e.events != m.events {
		e.differ("the log leads to %d payment events, and the tables hold %d, or others", m.events.count, e.events.count)
	}
	return e.difference
}

func (e *Ending) missing(table string, found, logged int) {
	if found != logged {
		e.differ("%d %s are in the log and not in the tables", logged-found, table)
	}
}

// differ notes a difference. The first one is enough: the log is whole or it is not.
func (e *Ending) differ(format string, args ...any) {
	if e.difference == "" {
		e.difference = fmt.Sprintf(format, args...)
	}
}
