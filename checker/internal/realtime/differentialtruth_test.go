package realtime

import (
	"slices"

	"flashsale/internal/evidence"
)

// answers tells whether this world gives an answer at a time.
func (w *world) answers(op *evidence.Operation, now int64) bool {
	again := evidence.Operation{ID: op.ID, Request: op.Request, Attempt: op.Attempt, Kind: op.Kind, Phase: op.Phase,
		Intended: op.Intended, Call: op.Call, Return: op.Return, ProductID: op.ProductID, Qty: op.Qty, HoldID: op.HoldID,
		OrderID: op.OrderID, Payment: op.Payment, Key: op.Key}
	w.clone().decide(&again, now)
	h := w.holds[op.HoldID]
	if op.Kind == evidence.ReadHold && op.GotStatus == "expired" && reserving(h) && h.ExpiresAt <= now {
		again.GotStatus = op.GotStatus // a server may show a lapsed hold as expired before it is marked so
	}
	return again == *op
}

var (
	holdPath  = []string{"", "active", "used", "expired canceled", "completed"}
	orderPath = []string{"", "pending", "canceled", "paid"}
)

// passes tells whether a transaction can have met a status on its way from one to another.
func passes(path []string, from, to, status string) bool {
	at := func(status string) int {
		return slices.IndexFunc(path, func(s string) bool {
			return s == status || s == "expired canceled" && (status == "expired" || status == "canceled")
		})
	}
	return status == from || status == to || at(from) < at(status) && at(status) < at(to)
}

// within tells whether a refusal can have been decided in the middle of the commit between two worlds.
func within(before, after *world, op *evidence.Operation) bool {
	switch h := before.holds[op.HoldID]; op.Problem {
	case "not-enough-stock":
		a, b := before.available(after.newest), after.available(after.newest)
		_, used := keyed(before.holds, op.Key)
		return !used && op.GotAvailable < op.Qty && min(a, b) <= op.GotAvailable && op.GotAvailable <= max(a, b)
	case "hold-canceled", "hold-expired":
		_, ordered := before.orderOf(op.HoldID)
		_, used := keyed(before.orders, op.Key)
		wanted := op.Problem[len("hold-"):]
		to := after.holds[op.HoldID].Status
		return !used && (!ordered || wanted == "canceled") && passes(holdPath, h.Status, to, wanted)
	case "hold-already-used":
		_, used := keyed(before.orders, op.Key)
		to := after.holds[op.HoldID].Status
		named := after.orders[op.GotOrderID].HoldID == op.HoldID
		return !used && named && (passes(holdPath, h.Status, to, "used") || passes(holdPath, h.Status, to, "expired") ||
			passes(holdPath, h.Status, to, "completed"))
	}
	return false
}
