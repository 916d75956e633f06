package history

import "flashsale/internal/evidence"

// Tables are the rows of a snapshot, each table in the file's order, which is that of ids. Times are database
// microseconds since the Unix epoch; zero where the schema has no such column, which Columns tells.
type Tables struct {
	Products List[evidence.Product]
	Holds    List[Hold]
	Orders   List[Order]
	Events   List[Event]
	Columns  map[string]bool
}

// The rows, without what no check asks for.
type (
	// Hold is a row of holds.
	Hold struct {
		ID, Product, Qty                int64
		ExpiresAt, CreatedAt, UpdatedAt int64
		Key                             KeyID
		Status                          HoldStatus
	}

	// Order is a row of orders.
	Order struct {
		ID, Product, Hold, Qty, Total int64
		CreatedAt, UpdatedAt          int64
		Key                           KeyID
		Status                        OrderStatus
	}

	// Event is a row of payment_events.
	Event struct {
		ID, Order, CreatedAt int64
		Key                  KeyID
		Payment              Payment
		Effect               Effect
	}
)

// AddHolds takes in rows of holds; their keys are numbered with those of the requests.
func (t *Tables) AddHolds(rows []evidence.Hold, keys *Keys) error {
	ids, err := internRows(rows, keys, func(r *evidence.Hold) string { return r.Key })
	for i, key := range ids {
		r := &rows[i]
		t.Holds.Add(Hold{r.ID, r.ProductID, r.Qty, r.ExpiresAt, r.CreatedAt, r.UpdatedAt, key, ParseHoldStatus(r.Status)})
	}
	return err
}

// AddOrders takes in rows of orders.
func (t *Tables) AddOrders(rows []evidence.Order, keys *Keys) error {
	ids, err := internRows(rows, keys, func(r *evidence.Order) string { return r.Key })
	for i, key := range ids {
		r := &rows[i]
		t.Orders.Add(Order{r.ID, r.ProductID, r.HoldID, r.Qty, r.TotalPrice, r.CreatedAt, r.UpdatedAt, key,
			ParseOrderStatus(r.Status)})
	}
	return err
}

// AddEvents takes in rows of payment_events.
func (t *Tables) AddEvents(rows []evidence.PaymentEvent, keys *Keys) error {
	ids, err := internRows(rows, keys, func(r *evidence.PaymentEvent) string { return r.Key })
	for i, key := range ids {
		r := &rows[i]
		t.Events.Add(Event{r.ID, r.OrderID, r.CreatedAt, key, ParsePayment(r.Payment), ParseEffect(r.Outcome)})
	}
	return err
}

// internRows numbers the keys of rows; after an error those of the rows before it.
func internRows[Row any](rows []Row, keys *Keys, key func(*Row) string) ([]KeyID, error) {
	texts := make([]string, len(rows))
	for i := range rows {
		texts[i] = key(&rows[i])
	}
	return keys.InternAll(make([]KeyID, 0, len(rows)), texts)
}
