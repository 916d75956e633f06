package history

import (
	"fmt"
	"math"

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
}

// Add takes in operations, in the file's order. It keeps nothing of the slice. An error means that an
// operation cannot be told apart from others, and that the history must not be judged.
func (h *History) Add(batch []evidence.Operation) error {
	for i := range batch {
		if err := h.add(&batch[i]); err != nil {
			return fmt.Errorf("operation %d: %w", batch[i].ID, err)
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

func (h *History) add(op *evidence.Operation) error {
	if op.ID < 0 || op.ID > math.MaxUint32 || op.Request < 0 || op.Request > math.MaxUint32 {
		return fmt.Errorf("its id, or that of its request %d, is out of range", op.Request)
	}
	h.Operations++
	a := attemptOf(op)
	var err error
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
		a.Key, err = h.HoldKeys.Intern(op.Key)
		h.Holds.Add(HoldCall{a, op.ProductID, op.Qty, op.GotHoldID, op.GotExpiresAt, op.GotAvailable})
	case evidence.CreateOrder:
		a.Key, err = h.OrderKeys.Intern(op.Key)
		h.Orders.Add(OrderCall{a, op.HoldID, op.GotOrderID, op.GotQty, op.GotTotal})
	case evidence.SendWebhook:
		a.Key, err = h.EventKeys.Intern(op.Key)
		h.Webhooks.Add(WebhookCall{a, op.OrderID, ParsePayment(op.Payment), ParseEffect(op.GotOutcome),
			ParseOrderStatus(op.GotStatus), op.GotHandled})
	}
	return err
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
