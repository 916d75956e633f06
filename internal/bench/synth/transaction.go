package synth

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// Rows, and what they were before the transaction that is changing them.
type (
	hold struct {
		evidence.Hold
		before evidence.Image
		by     *transaction
		order  int64 // the order that uses it; 0: none
	}
	order struct {
		evidence.Order
		before evidence.Image
		by     *transaction
	}
	event struct{ evidence.PaymentEvent }
)

func (h *hold) reserves() bool { return h.Status == "active" || h.Status == "used" }

// transaction is one commit in the making.
type transaction struct {
	sale    *sale
	product *product
	now     int64 // database time of every decision
	before  evidence.Image

	holds     []*hold // changed
	orders    []*order
	newHolds  []*hold
	newOrders []*order
	newEvents []*event
}

func newTransaction(s *sale, p *product, now int64) *transaction {
	return &transaction{sale: s, product: p, now: now, before: productImage(p)}
}

// setHold gives a hold a status.
func (t *transaction) setHold(h *hold, status string) {
	if h.by != t {
		h.by, h.before = t, holdImage(h)
		t.holds = append(t.holds, h)
	}
	h.Status, h.UpdatedAt = status, t.now
}

// setOrder gives an order a status.
func (t *transaction) setOrder(o *order, status string) {
	if o.by != t {
		o.by, o.before = t, orderImage(o)
		t.orders = append(t.orders, o)
	}
	o.Status, o.UpdatedAt = status, t.now
}

// commit logs what changed, if anything did, as the statements of a group commit do: the product, updated
// rows status by status, then new ones.
func (t *transaction) commit() error {
	changes := make([]evidence.Change, 0, 1+len(t.holds)+len(t.orders)+len(t.newHolds)+len(t.newOrders)+len(t.newEvents))
	note := func(table string, before, after evidence.Image) {
		changes = append(changes, evidence.Change{Table: table, Before: before, After: after})
	}
	if now := productImage(t.product); now != t.before {
		t.product.UpdatedAt = t.now
		note(evidence.TableProducts, t.before, productImage(t.product))
	}
	slices.SortFunc(t.holds, func(a, b *hold) int { return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.ID, b.ID)) })
	for _, h := range t.holds {
		note(evidence.TableHolds, h.before, holdImage(h))
		h.by = nil
	}
	slices.SortFunc(t.orders, func(a, b *order) int { return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.ID, b.ID)) })
	for _, o := range t.orders {
		note(evidence.TableOrders, o.before, orderImage(o))
		o.by = nil
	}
	for _, h := range t.newHolds {
		note(evidence.TableHolds, evidence.Image{}, holdImage(h))
	}
	for _, o := range t.newOrders {
		note(evidence.TableOrders, evidence.Image{}, orderImage(o))
	}
	for _, e := range t.newEvents {
		note(evidence.TableEvents, evidence.Image{}, eventImage(e))
	}
	if len(changes) == 0 {
		return nil
	}
	return t.sale.out.commits.Append(t.sale.log.write(changes))
}
