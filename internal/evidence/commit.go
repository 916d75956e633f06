package evidence

// Commit is one committed transaction, by what it did to rows of the four tables: what the database's row
// binlog tells of it. Commits are numbered in the order in which the database made them visible.
type Commit struct {
	Position int64    // 1, 2, 3, ... without a hole: a transaction that touched none of our tables has no number
	Log      string   // the binlog file that holds it, and
	End      int64    // the offset at which it ends there: for whoever wants to look it up
	Changes  []Change // in the order in which the transaction made them; at least one
}

// Change is what a transaction did to one row: Before is the zero Image for an insert, After for a delete.
type Change struct {
	Table  string // one of the Table names
	Before Image
	After  Image
}

// Image is a row of any of the four tables, in the binlog's term. Columns that its table does not have are
// zero. Times are database microseconds since the Unix epoch, UTC.
type Image struct {
	ID         int64  `parquet:"id,delta"` // never 0 in a row that is there
	ProductID  int64  `parquet:"product_id,delta"`
	HoldID     int64  `parquet:"hold_id,delta"`
	OrderID    int64  `parquet:"order_id,delta"`
	Qty        int64  `parquet:"qty,dict"`
	Price      int64  `parquet:"price,dict"`
	StockTotal int64  `parquet:"stock_total,dict"`
	StockSold  int64  `parquet:"stock_sold,delta"`
	StockHeld  int64  `parquet:"stock_held,delta"`
	TotalPrice int64  `parquet:"total_price,dict"`
	Status     string `parquet:"status,dict"`  // holds, orders
	Payment    string `parquet:"payment,dict"` // payment_events: column status
	Outcome    string `parquet:"outcome,dict"`
	Key        string `parquet:"idempotency_key,delta"`
	ExpiresAt  int64  `parquet:"expires_at,delta"`
	CreatedAt  int64  `parquet:"created_at,delta"`
	UpdatedAt  int64  `parquet:"updated_at,delta"`
}

// CommitsFile is the commit log of a run: one row for every change, in order.
const CommitsFile = "commits.parquet"
