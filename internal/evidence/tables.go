package evidence

// The rows of the four tables, as a snapshot holds them. Times are database microseconds since the
// Unix epoch, UTC; zero where the schema has no such column. Tables.Columns tells which columns the
// schema had, so that a check never mistakes "not kept" for "zero".
type (
	// Product is a row of products.
	Product struct {
		ID         int64  `parquet:"id"`
		Name       string `parquet:"name"`
		Price      int64  `parquet:"price"`
		StockTotal int64  `parquet:"stock_total"`
		StockSold  int64  `parquet:"stock_sold"`
		StockHeld  int64  `parquet:"stock_held"`
		CreatedAt  int64  `parquet:"created_at"`
		UpdatedAt  int64  `parquet:"updated_at"`
	}

	// Hold is a row of holds.
	Hold struct {
		ID        int64  `parquet:"id"`
		ProductID int64  `parquet:"product_id"`
		Qty       int64  `parquet:"qty"`
		Status    string `parquet:"status,dict"`
		ExpiresAt int64  `parquet:"expires_at"`
		Key       string `parquet:"idempotency_key"`
		CreatedAt int64  `parquet:"created_at"`
		UpdatedAt int64  `parquet:"updated_at"`
	}

	// Order is a row of orders.
	Order struct {
		ID         int64  `parquet:"id"`
		ProductID  int64  `parquet:"product_id"`
		HoldID     int64  `parquet:"hold_id"`
		Qty        int64  `parquet:"qty"`
		TotalPrice int64  `parquet:"total_price"`
		Status     string `parquet:"status,dict"`
		Key        string `parquet:"idempotency_key"`
		CreatedAt  int64  `parquet:"created_at"`
		UpdatedAt  int64  `parquet:"updated_at"`
	}

	// PaymentEvent is a row of payment_events, without its raw payload.
	PaymentEvent struct {
		ID        int64  `parquet:"id"`
		OrderID   int64  `parquet:"order_id"`
		Key       string `parquet:"idempotency_key"`
		Payment   string `parquet:"status,dict"`
		Outcome   string `parquet:"outcome,dict"`
		CreatedAt int64  `parquet:"created_at"`
		UpdatedAt int64  `parquet:"updated_at"`
	}
)

// Tables is a snapshot of the four tables, each in id order.
type Tables struct {
	Products []Product
	Holds    []Hold
	Orders   []Order
	Events   []PaymentEvent
	// Columns lists "table.column" for every column that the database had.
	Columns map[string]bool
}
