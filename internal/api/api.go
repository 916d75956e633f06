// Package api is the contract between a checkout server and everybody who talks to it: paths, wire
// types, header names, problem types and limits. It has no behaviour. The server and the strawman
// answer with these types, the simulator reads them, and nothing else is shared between the two
// sides, so that neither can inherit the other's bug.
package api

import "time"

// Paths of the endpoints. Those that end in a slash take a decimal id.
const (
	PathProducts = "/api/products/"
	PathHolds    = "/api/holds"
	PathOrders   = "/api/orders"
	PathWebhook  = "/api/payments/webhook"
	PathOpenAPI  = "/openapi.yaml"
)

// Headers with a meaning of their own. Idempotency-Key follows the IETF draft
// draft-ietf-httpapi-idempotency-key-header; the webhook headers follow Standard Webhooks 1.0.0.
const (
	HeaderIdempotencyKey     = "Idempotency-Key"
	HeaderIdempotentReplayed = "Idempotent-Replayed"
	HeaderWebhookID          = "webhook-id"
	HeaderWebhookTimestamp   = "webhook-timestamp"
	HeaderWebhookSignature   = "webhook-signature"
)

// Limits on what a request may carry. A request over one of them has no effect.
const (
	BodyBytesMax     = 64 << 10 // larger bodies get 413
	KeyBytesMax      = 255      // idempotency keys: 1 to 255 bytes
	JSONDepthMax     = 32       // levels, the innermost value being one: MariaDB's JSON check takes no more
	QtyMaxDefault    = 1000     // units in one hold, unless the server is told otherwise
	HoldTTLDefault   = 2 * time.Minute
	WebhookTolerance = 5 * time.Minute // Standard Webhooks' figure, by the database's clock
)

// Problem types: the `type` of an application/problem+json answer (RFC 9457), stable.
const (
	ProblemMalformed        = "malformed-request"      // 400: not JSON, or JSON the database would refuse
	ProblemSignature        = "invalid-signature"      // 401
	ProblemNotFound         = "not-found"              // 404
	ProblemMethod           = "method-not-allowed"     // 405
	ProblemNotEnoughStock   = "not-enough-stock"       // 409, with available_stock
	ProblemHoldAlreadyUsed  = "hold-already-used"      // 409, with order_id
	ProblemHoldExpired      = "hold-expired"           // 409
	ProblemHoldCanceled     = "hold-canceled"          // 409
	ProblemTooLarge         = "request-too-large"      // 413
	ProblemInvalid          = "invalid-request"        // 422: missing, wrong type, out of range
	ProblemKeyReused        = "idempotency-key-reused" // 422: same key, another request
	ProblemInternal         = "internal-error"         // 500
	ProblemOverloaded       = "overloaded"             // 503, with Retry-After: it had no effect
	ProblemOutcomeUnknown   = "outcome-unknown"        // 504: it may have had an effect
	ContentTypeProblem      = "application/problem+json"
	ContentTypeJSON         = "application/json"
	MessagePaymentHandled   = "Payment handled"
	MessageAlreadyProcessed = "Already processed"
)

// States of a hold. `active` and `used` reserve stock until they lapse.
const (
	HoldActive    = "active"
	HoldUsed      = "used"
	HoldCompleted = "completed"
	HoldExpired   = "expired"
	HoldCanceled  = "canceled"
)

// States of an order.
const (
	OrderPending  = "pending"
	OrderPaid     = "paid"
	OrderCanceled = "canceled"
)

// What a payment event says happened at the provider.
const (
	PaymentSuccess = "success"
	PaymentFailure = "failure"
)

// What a payment event did, decided once and stored with the event.
const (
	OutcomePaid      = "paid"       // the order is paid by this event
	OutcomeCanceled  = "canceled"   // the order is canceled by this event
	OutcomeRefundDue = "refund_due" // the buyer was charged and gets nothing for it: give the money back
	OutcomeIgnored   = "ignored"    // a failure of an order that is already paid or canceled
)

// Product answers GET /api/products/{id}. Price is in whole units of the shop's currency (the seed: EGP).
type Product struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Price          int64  `json:"price"`
	AvailableStock int64  `json:"available_stock"`
}

// HoldRequest is the body of POST /api/holds.
type HoldRequest struct {
	ProductID int64 `json:"product_id"`
	Qty       int64 `json:"qty"`
}

// HoldCreated answers POST /api/holds. ExpiresAt is UTC with microseconds.
type HoldCreated struct {
	HoldID    int64     `json:"hold_id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Hold answers GET /api/holds/{id}: the stored row. An `active` hold whose ExpiresAt has passed has
// lapsed, whether or not the sweep has reached it.
type Hold struct {
	HoldID    int64     `json:"hold_id"`
	ProductID int64     `json:"product_id"`
	Qty       int64     `json:"qty"`
	Status    string    `json:"status"`
	ExpiresAt time.Time `json:"expires_at"`
}

// OrderRequest is the body of POST /api/orders.
type OrderRequest struct {
	HoldID int64 `json:"hold_id"`
}

// OrderCreated answers POST /api/orders. TotalPrice is price x qty.
type OrderCreated struct {
	OrderID    int64  `json:"order_id"`
	Status     string `json:"status"`
	Qty        int64  `json:"qty"`
	TotalPrice int64  `json:"total_price"`
}

// Order answers GET /api/orders/{id}: the stored row.
type Order struct {
	OrderID    int64  `json:"order_id"`
	ProductID  int64  `json:"product_id"`
	HoldID     int64  `json:"hold_id"`
	Qty        int64  `json:"qty"`
	TotalPrice int64  `json:"total_price"`
	Status     string `json:"status"`
}

// Webhook is the body of POST /api/payments/webhook.
type Webhook struct {
	OrderID        int64  `json:"order_id"`
	Status         string `json:"status"`
	IdempotencyKey string `json:"idempotency_key"`
}

// WebhookAnswer answers an accepted webhook. Message tells the first delivery of a key from the later
// ones; Outcome is the same for all of them; OrderStatus is the order's state as this answer was decided.
type WebhookAnswer struct {
	Message     string `json:"message"`
	OrderStatus string `json:"order_status"`
	Outcome     string `json:"outcome"`
}

// Problem is an application/problem+json body. AvailableStock goes with not-enough-stock only, OrderID
// with hold-already-used only.
type Problem struct {
	Type           string `json:"type"`
	Title          string `json:"title"`
	Status         int    `json:"status"`
	Detail         string `json:"detail,omitempty"`
	AvailableStock *int64 `json:"available_stock,omitempty"`
	OrderID        *int64 `json:"order_id,omitempty"`
}
