package realtime

import (
	"math/rand/v2"
	"slices"

	"flashsale/internal/evidence"
)

// spoil does to a record what a broken shop would do. Now and then nobody can tell.
func (r *record) spoil(rng *rand.Rand) {
	if len(r.ops) == 0 {
		return
	}
	op := &r.ops[rng.IntN(len(r.ops))]
	switch rng.IntN(8) {
	case 0, 1:
		r.note += "another figure; "
		r.anotherFigure(rng, op)
	case 2:
		r.note += "another status; "
		r.anotherStatus(rng, op)
	case 3:
		r.note += "denied; "
		r.denied(op)
	case 4:
		r.note += "answered early; "
		op.Return = op.Call + (op.Return-op.Call)*int64(rng.IntN(10))/10 + 1
	case 5:
		if !writes(op.Kind) { // a write that is said to be called later would be its own contradiction
			r.note += "stale; "
			by := int64(rng.IntN(60)) * tickUS * 1000
			op.Call, op.Return = op.Call+by, op.Return+by
		}
	case 6:
		r.note += "another reason; "
		r.anotherReason(rng, op)
	case 7:
		r.note += "commits swapped; "
		r.swap(rng)
	}
	r.sort()
}

func (r *record) denied(op *evidence.Operation) {
	switch {
	case op.Outcome != evidence.OK:
	case !writes(op.Kind):
		*op = bare(op)
		deny(op, 404, "not-found")
	case op.Kind == evidence.CreateHold && op.Replayed:
		*op = bare(op)
		deny(op, 409, "not-enough-stock")
	}
}

func (r *record) anotherFigure(rng *rand.Rand, op *evidence.Operation) {
	if op.Kind == evidence.ReadProduct && op.Outcome == evidence.OK || op.Problem == "not-enough-stock" {
		op.GotAvailable = max(0, op.GotAvailable+int64(rng.IntN(3))-1)
	}
}

func (r *record) anotherStatus(rng *rand.Rand, op *evidence.Operation) {
	switch {
	case op.Outcome != evidence.OK:
	case op.Kind == evidence.ReadHold:
		op.GotStatus = []string{"active", "used", "completed", "canceled"}[rng.IntN(4)]
	case op.Kind == evidence.ReadOrder || op.Kind == evidence.SendWebhook:
		op.GotStatus = []string{"pending", "paid", "canceled"}[rng.IntN(3)]
	}
}

func (r *record) anotherReason(rng *rand.Rand, op *evidence.Operation) {
	if op.Kind != evidence.CreateOrder || op.Outcome != evidence.Refused {
		return
	}
	*op = bare(op)
	switch rng.IntN(5) {
	case 0:
		deny(op, 404, "not-found")
	case 1:
		deny(op, 409, "hold-canceled")
	case 2:
		deny(op, 409, "hold-expired")
	case 3:
		deny(op, 422, "idempotency-key-reused")
	case 4:
		deny(op, 409, "hold-already-used")
		op.GotOrderID = int64(1 + rng.IntN(3))
	}
}

// bare is an operation without its answer.
func bare(op *evidence.Operation) evidence.Operation {
	return evidence.Operation{ID: op.ID, Request: op.Request, Attempt: op.Attempt, Kind: op.Kind, Phase: op.Phase,
		Call: op.Call, Return: op.Return, ProductID: op.ProductID, Qty: op.Qty, HoldID: op.HoldID, OrderID: op.OrderID,
		Payment: op.Payment, Key: op.Key}
}

// swap turns two neighbouring commits round, if neither needs the other.
func (r *record) swap(rng *rand.Rand) {
	if len(r.drafts) < 2 {
		return
	}
	i := rng.IntN(len(r.drafts) - 1)
	a, b := r.drafts[i], r.drafts[i+1]
	shared := slices.ContainsFunc(a.holds, func(h evidence.Image) bool { return has(b.holds, h.ID) })
	if len(a.orders)+len(b.orders) == 0 && !shared {
		r.drafts[i], r.drafts[i+1] = b, a
	}
}
