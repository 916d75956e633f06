package synth

import (
	"net/http"

	"flashsale/internal/evidence"
)

// decide decides one command and fills in its answer.
func (t *transaction) decide(c *command) {
	if c.op == nil {
		for _, h := range c.release {
			t.meet(h)
		}
		return
	}
	switch c.op.Kind {
	case evidence.CreateHold:
		t.hold(c)
	case evidence.CreateOrder:
		t.order(c)
	case evidence.SendWebhook:
		t.payment(c)
	}
}

// meet releases a hold that has lapsed, whoever comes across it.
func (t *transaction) meet(h *hold) {
	if h.reserves() && h.ExpiresAt <= t.now {
		t.setHold(h, "expired")
		t.product.StockHeld -= h.Qty
	}
}

// room releases lapsed holds, oldest first, until so many units are free, and tells whether they are.
func (t *transaction) room(qty int64) bool {
	for t.product.left() < qty {
		lapsed := t.product.lapsed(t.now, 1)
		if len(lapsed) == 0 {
			return false
		}
		t.meet(lapsed[0])
	}
	return true
}

func (t *transaction) hold(c *command) {
	op, p := c.op, t.product
	made := c.key.hold
	switch {
	case made != nil:
		op.Replayed = true
	case !t.room(op.Qty):
		refuse(op, http.StatusConflict, "not-enough-stock")
		op.GotAvailable = p.left()
		return
	default:
		made = &hold{Hold: evidence.Hold{
			ProductID: p.ID, Qty: op.Qty, Status: "active", Key: op.Key, ExpiresAt: t.now + ttlUS,
			CreatedAt: t.now, UpdatedAt: t.now,
		}}
		made.ID = t.sale.holds.add(made)
		p.StockHeld += op.Qty
		p.granted = append(p.granted, made)
		t.newHolds = append(t.newHolds, made)
		c.key.hold = made
	}
	accept(op, http.StatusCreated)
	op.GotHoldID, op.GotExpiresAt = made.ID, made.ExpiresAt
}

func (t *transaction) order(c *command) {
	op := c.op
	h := find(t.sale, &t.sale.holds, op.HoldID)
	made := c.key.order
	switch {
	case made != nil:
		op.Replayed = true
	case h.Status == "canceled":
		refuse(op, http.StatusConflict, "hold-canceled")
		return
	case h.order != 0:
		refuse(op, http.StatusConflict, "hold-already-used")
		op.GotOrderID = h.order
		return
	case h.Status == "expired" || h.ExpiresAt <= t.now:
		t.meet(h)
		refuse(op, http.StatusConflict, "hold-expired")
		return
	default:
		made = t.newOrder(h, op.Key)
		c.key.order = made
	}
	accept(op, http.StatusCreated)
	op.GotOrderID, op.GotStatus, op.GotQty, op.GotTotal = made.ID, "pending", made.Qty, made.TotalPrice
}

func (t *transaction) newOrder(h *hold, key string) *order {
	t.setHold(h, "used")
	made := &order{Order: evidence.Order{
		ProductID: h.ProductID, HoldID: h.ID, Qty: h.Qty, TotalPrice: h.Qty * t.product.Price, Status: "pending",
		Key: key, CreatedAt: t.now, UpdatedAt: t.now,
	}}
	made.ID = t.sale.orders.add(made)
	h.order = made.ID
	t.newOrders = append(t.newOrders, made)
	return made
}

func (t *transaction) payment(c *command) {
	op := c.op
	o := find(t.sale, &t.sale.orders, op.OrderID)
	made := c.key.event
	switch {
	case made != nil && (made.OrderID != op.OrderID || made.Payment != op.Payment):
		refuse(op, http.StatusUnprocessableEntity, "idempotency-key-reused")
		return
	case made == nil:
		op.GotHandled = true
		made = &event{evidence.PaymentEvent{
			OrderID: o.ID, Key: op.Key, Payment: op.Payment, Outcome: t.settle(o, op.Payment),
			CreatedAt: t.now, UpdatedAt: t.now,
		}}
		made.ID = t.sale.events.add(made)
		t.newEvents = append(t.newEvents, made)
		c.key.event = made
	}
	accept(op, http.StatusOK)
	op.GotStatus, op.GotOutcome = o.Status, made.Outcome
}

// settle applies a payment to an order and tells the outcome.
func (t *transaction) settle(o *order, payment string) string {
	h := find(t.sale, &t.sale.holds, o.HoldID)
	t.meet(h)
	switch {
	case payment == "failure" && o.Status != "pending":
		return "ignored"
	case payment == "failure":
		t.setOrder(o, "canceled")
		if h.Status == "used" {
			t.setHold(h, "canceled")
			t.product.StockHeld -= h.Qty
		}
		return "canceled"
	case o.Status == "paid":
		return "refund_due"
	case h.Status == "used":
		t.product.StockHeld -= h.Qty
	case !t.room(o.Qty):
		if o.Status == "pending" {
			t.setOrder(o, "canceled")
		}
		return "refund_due"
	}
	t.product.StockSold += o.Qty
	t.setHold(h, "completed")
	t.setOrder(o, "paid")
	return "paid"
}

func accept(op *evidence.Operation, status int32) {
	op.Outcome, op.HTTPStatus = evidence.OK, status
}

func refuse(op *evidence.Operation, status int32, problem string) {
	op.Outcome, op.HTTPStatus, op.Problem = evidence.Refused, status, problem
}
