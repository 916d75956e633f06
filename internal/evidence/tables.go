package evidence

// The rows of the four tables, as a snapshot holds them. Times are database microseconds since the
// Unix epoch, UTC; zero where the schema has no such column. Tables.Columns tells which columns the
// schema had, so that a check never mistakes "not kept" for "zero".
type (
	// Product is a row of products.
	Product struct {
		ID         int64  `parquet:"id,delta"`
		Name       string `parquet:"name,delta"`
		Price      int64  `parquet:"price,dict"`
		StockTotal int64  `parquet:"stock_total,delta"`
		StockSold  int64  `parquet:"stock_sold,delta"`
		StockHeld  int64  `parquet:"stock_held,delta"`
		CreatedAt  int64  `parquet:"created_at,delta"`
		UpdatedAt  int64  `parquet:"updated_at,delta"`
	}

	// Hold is a row of holds.
	Hold struct {
		ID        int64  `parquet:"id,delta"`
		ProductID int64  `parquet:"product_id,dict"`
		Qty       int64  `parquet:"qty,dict"`
		Status    string `parquet:"status,dict"`
		ExpiresAt int64  `parquet:"expires_at,delta"`
		Key       string `parquet:"idempotency_key,delta"`
		CreatedAt int64  `parquet:"created_at,delta"`
		UpdatedAt int64  `parquet:"updated_at,delta"`
	}

	// Order is a row of orders.
	Order struct {
		ID         int64  `parquet:"id,delta"`
		ProductID  int64  `parquet:"product_id,dict"`
		HoldID     int64  `parquet:"hold_id,delta"`
		Qty        int64  `parquet:"qty,dict"`
		TotalPrice int64  `parquet:"total_price,delta"`
		Status     string `parquet:"status,dict"`
		Key        string `parquet:"idempotency_key,delta"`
		CreatedAt  int64  `parquet:"created_at,delta"`
		UpdatedAt  int64  `parquet:"updated_at,delta"`
	}

	// PaymentEvent is a row of payment_events, without its raw payload.
	PaymentEvent struct {
		ID        int64  `parquet:"id,delta"`
		OrderID   int64  `parquet:"order_id,delta"`
		Key       string `parquet:"idempotency_key,delta"`
		Payment   string `parquet:"status,dict"`
		Outcome   string `parquet:"outcome,dict"`
		CreatedAt int64  `parquet:"created_at,delta"`
		UpdatedAt int64  `parquet:"updated_at,delta"`
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
