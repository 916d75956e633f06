package decide

import "time"

// A Command asks for one change of one product.
type Command interface{ command() }

// CreateHold reserves Qty units for the TTL. Key may be empty.
type CreateHold struct {
	Qty int64
	Key string
}

// CreateOrder turns a hold into a pending order. Key may be empty.
type CreateOrder struct {
	HoldID int64
	Key    string
}

// ApplyPayment applies one payment event to an order. HoldID is the order's hold.
type ApplyPayment struct {
	OrderID, HoldID int64
	Payment, Key    string
	RawPayload      string
}

// Release expires those of the named holds that have lapsed: the sweep.
type Release struct{ HoldIDs []int64 }

func (CreateHold) command()   {}
func (CreateOrder) command()  {}
func (ApplyPayment) command() {}
func (Release) command()      {}

// Answer is what the caller of a command is told once the changes are committed. Refusal is a problem
// type of package api, or empty. NewHold and NewOrder, from 1, point into Changes where HoldID or
// OrderID is known only after the insert.
type Answer struct {
	Refusal                          string
	HoldID, OrderID, Qty, TotalPrice int64
	Available                        int64
	ExpiresAt                        time.Time
	OrderStatus, Outcome             string
	Replayed                         bool // the key was used before, for this same request
	NewHold, NewOrder                int
}

// NewHold is a row to insert into holds, `active`.
type NewHold struct {
	Qty       int64
	Key       string
	ExpiresAt time.Time
}

// NewOrder is a row to insert into orders, `pending`.
type NewOrder struct {
	HoldID, Qty, TotalPrice int64
	Key                     string
}

// NewEvent is a row to insert into payment_events.
type NewEvent struct {
	OrderID               int64
	Key, Payment, Outcome string
	RawPayload            string
}

// Changes is what a round wants written, in one transaction, before any of its answers is given.
// Status maps a new status to the ids of the rows that get it.
type Changes struct {
	Product     *Product // nil: the row stays as it is
	NewHolds    []NewHold
	NewOrders   []NewOrder
	NewEvents   []NewEvent
	HoldStatus  map[string][]int64
	OrderStatus map[string][]int64
}

// Empty tells whether there is nothing to write.
func (c *Changes) Empty() bool {
	return c.Product == nil && len(c.NewHolds) == 0 && len(c.NewOrders) == 0 && len(c.NewEvents) == 0 &&
		len(c.HoldStatus) == 0 && len(c.OrderStatus) == 0
}
