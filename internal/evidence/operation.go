package evidence

// Kind says which endpoint an operation called.
type Kind = string

// The kinds of operations.
const (
	ReadProduct Kind = "read-product"
	ReadHold    Kind = "read-hold"
	ReadOrder   Kind = "read-order"
	CreateHold  Kind = "hold"
	CreateOrder Kind = "order"
	SendWebhook Kind = "webhook"
)

// Outcome says what a client may conclude from an attempt.
type Outcome = string

// The outcomes of an attempt: OK is a 2xx that could be read; Refused a 4xx, or a 503 of type
// `overloaded` (no effect); Unknown everything else (any other 5xx, reset, time-out, an answer that
// could not be read): it may have had an effect.
const (
	OK      Outcome = "ok"
	Refused Outcome = "fail"
	Unknown Outcome = "unknown"
)

// Tamper says how a webhook delivery was made unacceptable; empty for an honest one.
type Tamper = string

// The ways to tamper with a delivery. Each must be answered 401.
const (
	Unsigned Tamper = "unsigned" // no signature headers
	Forged   Tamper = "forged"   // signed with a secret that the server does not know
	Stale    Tamper = "stale"    // properly signed, timestamp outside the tolerance
	Altered  Tamper = "altered"  // body changed after signing
)

// Phases of a run.
const (
	PhaseStorm = "storm" // arrivals, deliveries, lapses
	PhaseFinal = "final" // reads after quiescence
)

// Operation is one attempt at one request, as the client that made it saw it. Fields of the request
// come first, then the answer; a field that the kind does not have is zero. One row of
// operations.parquet; rows are in the order in which attempts RETURNED.
type Operation struct {
	ID      int64 `parquet:"id,delta"`      // unique in the run, from 1
	Request int64 `parquet:"request,delta"` // ID of the request's first attempt: retries share it, with key and body
	Attempt int32 `parquet:"attempt,dict"`  // 1, 2, ...
	Actor   int64 `parquet:"actor,delta"`   // the buyer's number in the plan, from 1; 0 for the run itself

	Kind   Kind   `parquet:"kind,dict"`
	Phase  string `parquet:"phase,dict"`
	Server int32  `parquet:"server,dict"` // which of the targets was called, from 0

	// Nanoseconds on the monotonic clock since the run's start. Intended is when the open model wanted
	// the request sent (for a retry: when the retry was due), Call just before the first byte was
	// written, Return when the answer was read or given up on.
	Intended int64 `parquet:"intended,delta"`
	Call     int64 `parquet:"call,delta"`
	Return   int64 `parquet:"return,delta"`

	// The request.
	ProductID int64  `parquet:"product_id,delta"` // read-product, hold; of every other kind where the client knows it
	Qty       int64  `parquet:"qty,dict"`         // hold
	HoldID    int64  `parquet:"hold_id,delta"`    // read-hold, order
	OrderID   int64  `parquet:"order_id,delta"`   // read-order, webhook
	Payment   string `parquet:"payment,dict"`     // webhook: success or failure
	Key       string `parquet:"key,delta"`        // idempotency key; empty if none was sent
	Tamper    Tamper `parquet:"tamper,dict"`

	// The answer.
	Outcome    Outcome `parquet:"outcome,dict"`
	HTTPStatus int32   `parquet:"http_status,dict"` // 0 if there was no answer
	Problem    string  `parquet:"problem,dict"`     // problem type of a 4xx or 5xx
	Error      string  `parquet:"error,dict"`       // what went wrong: timeout, reset, refused, unreadable

	Replayed     bool   `parquet:"replayed"`             // the answer carried Idempotent-Replayed: true
	GotHoldID    int64  `parquet:"got_hold_id,delta"`    // hold, read-hold, read-order
	GotOrderID   int64  `parquet:"got_order_id,delta"`   // order, read-order; hold-already-used
	GotProductID int64  `parquet:"got_product_id,delta"` // every read
	GotQty       int64  `parquet:"got_qty,dict"`         // order, read-hold, read-order
	GotTotal     int64  `parquet:"got_total,dict"`       // order, read-order: total_price
	GotPrice     int64  `parquet:"got_price,dict"`       // read-product
	GotAvailable int64  `parquet:"got_available,delta"`  // read-product; not-enough-stock
	GotStatus    string `parquet:"got_status,dict"`      // status of the hold or order; webhook: order_status
	GotExpiresAt int64  `parquet:"got_expires_at,delta"` // hold, read-hold: database microseconds
	GotOutcome   string `parquet:"got_outcome,dict"`     // webhook: paid, canceled, refund_due, ignored
	GotHandled   bool   `parquet:"got_handled"`          // webhook: "Payment handled", not "Already processed"
}
