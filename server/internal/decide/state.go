package decide

import "time"

// Product is the locked row of products. Held sums qty over its holds in `active` or `used`, lapsed or not.
type Product struct {
	ID, Price, Total, Sold, Held int64
}

// Available is what can be granted before lapsed holds are released.
func (p *Product) Available() int64 { return p.Total - p.Sold - p.Held }

// Hold is a row of holds. Changed says that Status differs from what the database has.
type Hold struct {
	ID, Qty   int64
	Status    string
	ExpiresAt time.Time
	Changed   bool
}

// Order is a row of orders. ID is 0 while the row is new; then New is its place in Changes.Orders, from 1.
type Order struct {
	ID, HoldID, Qty, TotalPrice int64
	Status                      string
	Changed                     bool
	New                         int
}

// KeyedHold is the hold that an idempotency key has made, on whatever product. New as in Order.
type KeyedHold struct {
	ID, ProductID, Qty int64
	ExpiresAt          time.Time
	New                int
}

// KeyedOrder is the order that an idempotency key has made, on whatever product.
type KeyedOrder struct {
	ID, HoldID, Qty, TotalPrice int64
	New                         int
}

// Event is a payment event that has taken effect, on whatever product.
type Event struct {
	OrderID          int64
	Payment, Outcome string
}

// State is what one transaction has read after its locks were granted. A Round changes it in place.
type State struct {
	Now       time.Time             // the database's clock, read after the last lock
	TTL       time.Duration         // how long a new hold lasts
	Product   *Product              // nil: no such product
	Holds     map[int64]*Hold       // those that the commands name, by id
	Orders    map[int64]*Order      // those of Holds, by hold id
	Lapsed    []*Hold               // lapsed and not yet released, oldest first; see Round.Run
	HoldKeys  map[string]KeyedHold  // of the keys that hold commands carry, those already in use
	OrderKeys map[string]KeyedOrder // likewise for order commands
	Events    map[string]Event      // likewise for payments
	// Rewrite says that the product's row is written though no command may change it.
	Rewrite bool
	// LapsedKnown says that Lapsed holds all there are: only then may a command be refused for want of stock.
	LapsedKnown bool
}
