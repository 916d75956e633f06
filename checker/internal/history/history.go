package history

import (
	"math"
	"slices"

	"flashsale/internal/evidence"
)

// History is what the clients saw, each kind in the order in which its attempts returned.
type History struct {
	ProductReads List[ProductRead]
	HoldReads    List[HoldRead]
	OrderReads   List[OrderRead]
	Holds        List[HoldCall]
	Orders       List[OrderCall]
	Webhooks     List[WebhookCall]

	// The idempotency keys of the three endpoints, shared with the rows that they made.
	HoldKeys, OrderKeys, EventKeys Keys

	Operations int64 // how many were added, of whatever kind

	holdKeys, orderKeys, eventKeys waiting // of the operations that are being added
}

// Add takes in operations, in the file's order. It keeps nothing of the slice. An error means that an
// operation cannot be told apart from others, and that the history must not be judged.
func (h *History) Add(batch []evidence.Operation) error {
	for block := range slices.Chunk(batch, blockLen) {
		if err := h.number(block); err != nil {
			return err
		}
		for i := range block {
			h.add(&block[i])
		}
	}
	return nil
}

// Seal ends the taking in of operations and of the rows that share their keys.
func (h *History) Seal() {
	h.HoldKeys.Seal()
	h.OrderKeys.Seal()
	h.EventKeys.Seal()
}

// add takes in one operation, whose key has been numbered.
func (h *History) add(op *evidence.Operation) {
	h.Operations++
	a := attemptOf(op)
	switch op.Kind {
	case evidence.ReadProduct:
		h.ProductReads.Add(ProductRead{a, op.ProductID, op.GotPrice, op.GotAvailable})
	case evidence.ReadHold:
		h.HoldReads.Add(HoldRead{a, op.HoldID, op.GotHoldID, op.GotProductID, op.GotQty, op.GotExpiresAt,
			ParseHoldStatus(op.GotStatus)})
	case evidence.ReadOrder:
		h.OrderReads.Add(OrderRead{a, op.OrderID, op.GotOrderID, op.GotHoldID, op.GotProductID, op.GotQty, op.GotTotal,
			ParseOrderStatus(op.GotStatus)})
	case evidence.CreateHold:
		a.Key = h.holdKeys.take()
		h.Holds.Add(HoldCall{a, op.ProductID, op.Qty, op.GotHoldID, op.GotExpiresAt, op.GotAvailable})
	case evidence.CreateOrder:
		a.Key = h.orderKeys.take()
		h.Orders.Add(OrderCall{a, op.HoldID, op.GotOrderID, op.GotQty, op.GotTotal})
	case evidence.SendWebhook:
		a.Key = h.eventKeys.take()
		h.Webhooks.Add(WebhookCall{a, op.OrderID, ParsePayment(op.Payment), ParseEffect(op.GotOutcome),
			ParseOrderStatus(op.GotStatus), op.GotHandled})
	}
}

func attemptOf(op *evidence.Operation) Attempt {
	status := op.HTTPStatus
	if status < 0 || status > math.MaxUint16 {
		status = math.MaxUint16 // no status at all, and not the lack of one
	}
	return Attempt{
		Call: op.Call, Return: op.Return, ID: uint32(op.ID), Request: uint32(op.Request),
		HTTPStatus: uint16(status), Outcome: parseOutcome(op.Outcome), Tamper: parseTamper(op.Tamper),
		Problem: parseProblem(op.Problem), Final: op.Phase == evidence.PhaseFinal, Replayed: op.Replayed,
	}
}
