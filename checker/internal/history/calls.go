package history

// Attempt is what all operations have in common: one attempt at one request. Times are nanoseconds on the
// clients' monotonic clock since the run's start.
type Attempt struct {
	Call, Return int64
	ID           uint32 // as in the file
	Request      uint32 // the ID of the request's first attempt
	Key          KeyID  // in the Keys of its endpoint; 0: none was sent
	HTTPStatus   uint16 // 0: no answer
	Outcome      Outcome
	Tamper       Tamper
	Problem      Problem
	Final        bool // made at rest, after quiescence
	Replayed     bool // the answer says that it repeats an earlier one
}

// Base is the attempt itself, whatever record it is part of.
func (a *Attempt) Base() *Attempt { return a }

// Acknowledged tells an honest attempt that was answered 2xx.
func (a *Attempt) Acknowledged() bool { return a.Outcome == OK && a.Tamper == Honest }

// The kinds of operations. Got fields are zero without an answer that bears them; times in them are database
// microseconds.
type (
	// ProductRead asks for a product.
	ProductRead struct {
		Attempt
		Product                int64
		GotPrice, GotAvailable int64
	}

	// HoldRead asks for a hold.
	HoldRead struct {
		Attempt
		Hold                                    int64
		GotHold, GotProduct, GotQty, GotExpires int64
		GotStatus                               HoldStatus
	}

	// OrderRead asks for an order.
	OrderRead struct {
		Attempt
		Order                                           int64
		GotOrder, GotHold, GotProduct, GotQty, GotTotal int64
		GotStatus                                       OrderStatus
	}

	// HoldCall wants some of a product reserved.
	HoldCall struct {
		Attempt
		Product, Qty        int64
		GotHold, GotExpires int64
		GotAvailable        int64 // of a refusal for want of stock
	}

	// OrderCall wants a hold ordered.
	OrderCall struct {
		Attempt
		Hold             int64
		GotOrder         int64 // also of a refusal that names the order there is
		GotQty, GotTotal int64
	}

	// WebhookCall delivers a payment event.
	WebhookCall struct {
		Attempt
		Order      int64
		Payment    Payment
		GotEffect  Effect
		GotStatus  OrderStatus
		GotHandled bool // this delivery was the one that counted
	}
)
