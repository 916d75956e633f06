package realtime

import (
	"maps"
	"slices"

	"flashsale/internal/evidence"
)

// decide changes the world and answers, at a time.
func (w *world) decide(op *evidence.Operation, now int64) {
	op.Outcome, op.HTTPStatus = evidence.OK, 200
	switch op.Kind {
	case evidence.ReadProduct:
		w.readProduct(op, now)
	case evidence.ReadHold:
		if h, ok := w.holds[op.HoldID]; ok {
			op.GotHoldID, op.GotProductID, op.GotQty, op.GotExpiresAt, op.GotStatus = h.ID, 1, h.Qty, h.ExpiresAt, h.Status
			return
		}
		deny(op, 404, "not-found")
	case evidence.ReadOrder:
		if o, ok := w.orders[op.OrderID]; ok {
			op.GotOrderID, op.GotHoldID, op.GotProductID, op.GotQty = o.ID, o.HoldID, 1, o.Qty
			op.GotTotal, op.GotStatus = o.TotalPrice, o.Status
			return
		}
		deny(op, 404, "not-found")
	case evidence.CreateHold:
		w.createHold(op, now)
	case evidence.CreateOrder:
		w.createOrder(op, now)
	case evidence.SendWebhook:
		w.pay(op, now)
	}
}

func deny(op *evidence.Operation, status int32, problem string) {
	op.Outcome, op.HTTPStatus, op.Problem = evidence.Refused, status, problem
}

func (w *world) readProduct(op *evidence.Operation, now int64) {
	if op.ProductID != 1 {
		deny(op, 404, "not-found")
		return
	}
	op.GotProductID, op.GotPrice, op.GotAvailable = 1, 7, w.available(now)
}

func (w *world) createHold(op *evidence.Operation, now int64) {
	if h, used := keyed(w.holds, op.Key); used {
		if h.Qty != op.Qty || h.ProductID != op.ProductID {
			deny(op, 422, "idempotency-key-reused")
			return
		}
		op.GotHoldID, op.GotExpiresAt, op.Replayed = h.ID, h.ExpiresAt, true
		return
	}
	if op.ProductID != 1 {
		deny(op, 404, "not-found")
		return
	}
	if left := w.available(now); left < op.Qty {
		deny(op, 409, "not-enough-stock")
		op.GotAvailable = left
		return
	}
	h := evidence.Image{ID: int64(len(w.holds)) + 1, ProductID: 1, Qty: op.Qty, Status: "active", Key: op.Key,
		ExpiresAt: now + lifeUS, CreatedAt: now, UpdatedAt: now}
	w.holds[h.ID] = h
	w.held += h.Qty
	op.GotHoldID, op.GotExpiresAt = h.ID, h.ExpiresAt
}

func (w *world) createOrder(op *evidence.Operation, now int64) {
	if o, used := keyed(w.orders, op.Key); used {
		if o.HoldID != op.HoldID {
			deny(op, 422, "idempotency-key-reused")
			return
		}
		op.GotOrderID, op.GotQty, op.GotTotal, op.GotStatus, op.Replayed = o.ID, o.Qty, o.TotalPrice, "pending", true
		return
	}
	h, there := w.holds[op.HoldID]
	rival, ordered := w.orderOf(op.HoldID)
	switch {
	case !there:
		deny(op, 404, "not-found")
	case h.Status == "canceled":
		deny(op, 409, "hold-canceled")
	case ordered:
		deny(op, 409, "hold-already-used")
		op.GotOrderID = rival.ID
	case h.Status == "expired" || h.ExpiresAt <= now:
		deny(op, 409, "hold-expired")
	default:
		w.setHold(h, "used", now)
		o := evidence.Image{ID: int64(len(w.orders)) + 1, ProductID: 1, HoldID: h.ID, Qty: h.Qty, TotalPrice: 7 * h.Qty,
			Status: "pending", Key: op.Key, CreatedAt: now, UpdatedAt: now}
		w.orders[o.ID] = o
		op.GotOrderID, op.GotQty, op.GotTotal, op.GotStatus = o.ID, o.Qty, o.TotalPrice, "pending"
	}
}

func (w *world) pay(op *evidence.Operation, now int64) {
	o, there := w.orders[op.OrderID]
	if e, used := keyed(w.events, op.Key); used {
		if e.OrderID != op.OrderID || e.Payment != op.Payment {
			deny(op, 422, "idempotency-key-reused")
			return
		}
		op.GotStatus, op.GotOutcome = o.Status, e.Outcome
		return
	}
	if !there {
		deny(op, 404, "not-found")
		return
	}
	e := evidence.Image{ID: int64(len(w.events)) + 1, OrderID: o.ID, Payment: op.Payment, Key: op.Key, CreatedAt: now,
		Outcome: w.settle(o, op.Payment, now), UpdatedAt: now}
	w.events[e.ID] = e
	op.GotHandled, op.GotOutcome, op.GotStatus = true, e.Outcome, w.orders[o.ID].Status
}

func (w *world) settle(o evidence.Image, payment string, now int64) string {
	h := w.holds[o.HoldID]
	inForce := h.Status == "used" && h.ExpiresAt > now
	switch {
	case payment == "failure" && o.Status != "pending":
		return "ignored"
	case payment == "failure":
		w.setOrder(o, "canceled", now)
		if inForce {
			w.setHold(h, "canceled", now)
		}
		return "canceled"
	case o.Status == "paid":
		return "refund_due"
	case !inForce && (w.mean || w.available(now) < o.Qty):
		w.setOrder(o, "canceled", now)
		return "refund_due"
	}
	w.setHold(h, "completed", now)
	w.setOrder(o, "paid", now)
	w.sold += o.Qty
	return "paid"
}

// sweep expires what has lapsed.
func (w *world) sweep(now int64) {
	for _, id := range slices.Sorted(maps.Keys(w.holds)) {
		if h := w.holds[id]; reserving(h) && h.ExpiresAt <= now {
			w.setHold(h, "expired", now)
		}
	}
}
