package wording

import (
	"testing"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// epoch is the database time at which the runs of these tests begin: 10:30:00.
const epoch = int64(1_740_825_000_000_000)

func narrator() *Narrator {
	return NewNarrator(&evidence.Run{ID: "r1", Probes: []evidence.ClockProbe{{Database: epoch}}})
}

func TestCase(t *testing.T) {
	c := &checker.Case{AtUS: epoch + 1_234_500, IDs: map[string]int64{"order_id": 3, "product_id": 1, "round": 8},
		Values: map[string]string{"idempotency_key": "r1-b7-hold", "qty": "2"}, Expected: "1", Found: "2"}
	const where = ", product 1, order 3, round 8, key …b7-hold, qty 2: expected 1, found 2"
	if got, want := narrator().Case(c), "at 1.234 s (10:30:01.234500 by the database)"+where; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	deaf := NewNarrator(&evidence.Run{ID: "r1"})
	if got, want := deaf.Case(c), "at 10:30:01.234500 by the database"+where; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c = &checker.Case{AtNS: 2e9, Expected: "1", Found: "2"}
	if got, want := narrator().Case(c), "at 2.000 s, expected 1, found 2"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOperation(t *testing.T) {
	for want, op := range map[string]evidence.Operation{
		"buyer 17 POST /api/holds product 3 qty 2 key …b17-hold -> 201 hold 41 (3.2ms, #9)": {Actor: 17,
			Kind: evidence.CreateHold, ProductID: 3, Qty: 2, Key: "r1-b17-hold", HTTPStatus: 201, GotHoldID: 41},
		"buyer 17 POST /api/holds product 3 qty 2 -> 409 not-enough-stock available 0 (3.2ms, #9)": {Actor: 17,
			Kind: evidence.CreateHold, ProductID: 3, Qty: 2, HTTPStatus: 409, Problem: "not-enough-stock"},
		"buyer 17 POST /api/orders hold 41 attempt 2 -> timeout (3.2ms, #9)": {Actor: 17, Attempt: 2,
			Kind: evidence.CreateOrder, ProductID: 3, HoldID: 41, Error: "timeout", Outcome: evidence.Unknown},
		"buyer 17 POST /api/payments/webhook order 5 success key evt tampered: forged -> 401 (3.2ms, #9)": {Actor: 17,
			Kind: evidence.SendWebhook, OrderID: 5, Payment: "success", Key: "evt", Tamper: evidence.Forged, HTTPStatus: 401},
		"the run GET /api/products/3 -> 200 available 0 (3.2ms, #9)": {Kind: evidence.ReadProduct, ProductID: 3,
			Outcome: evidence.OK, HTTPStatus: 200},
		"the run GET /api/holds/41 -> 404 (3.2ms, #9)":  {Kind: evidence.ReadHold, HoldID: 41, HTTPStatus: 404},
		"the run GET /api/orders/5 -> fail (3.2ms, #9)": {Kind: evidence.ReadOrder, OrderID: 5, Outcome: evidence.Refused},
	} {
		op.ID, op.Call, op.Return = 9, 1e9, 1e9+3_200_000
		if got := narrator().Operation(&op); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestCommit(t *testing.T) {
	hold := evidence.Image{ID: 41, ProductID: 3, Qty: 2, Status: "active", Key: "r1-b17-hold", ExpiresAt: epoch + 5_000_000}
	used, later := hold, hold
	used.Status, used.UpdatedAt = "used", epoch
	later.ExpiresAt, later.ProductID = 0, 4
	stock := evidence.Image{ID: 3, StockTotal: 9, StockSold: 1, StockHeld: 4}
	more := stock
	more.StockHeld, more.StockSold, more.StockTotal, more.Price = 6, 2, 10, 7
	order := evidence.Image{ID: 5, ProductID: 3, HoldID: 41, Qty: 2, TotalPrice: 200, Status: "pending"}
	event := evidence.Image{ID: 6, OrderID: 5, Key: "r1-evt", Payment: "success", Outcome: "paid"}
	for want, change := range map[string]evidence.Change{
		"holds +41 product 3 qty 2 until 5.000 s, active":                   {Table: "holds", After: hold},
		"holds 41: active -> used":                                          {Table: "holds", Before: hold, After: used},
		"holds 41: product 3 -> 4, until 5.000 s -> none":                   {Table: "holds", Before: hold, After: later},
		"holds 41: written again":                                           {Table: "holds", Before: hold, After: hold},
		"holds -41, was product 3 qty 2 until 5.000 s, active":              {Table: "holds", Before: hold},
		"products +3 total 9 sold 1 held 4":                                 {Table: "products", After: stock},
		"products 3: total 9 -> 10, sold 1 -> 2, held 4 -> 6, price 0 -> 7": {Table: "products", Before: stock, After: more},
		"orders +5 product 3 hold 41 qty 2 total 200, pending":              {Table: "orders", After: order},
		"payment_events +6 order 5 success key …evt, outcome paid":          {Table: "payment_events", After: event},
		"payment_events -6, was order 5 success key …evt, outcome paid":     {Table: "payment_events", Before: event},
		"payment_events 6: payment success -> none, outcome paid -> none, key r1-evt -> none": {Table: "payment_events", Before: event,
			After: evidence.Image{ID: 6, OrderID: 5}},
	} {
		if got := narrator().Commit(&evidence.Commit{Changes: []evidence.Change{change}}, nil); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Of a batch's hundreds of rows those are told that the violation is about; without one, the first few.
func TestCommitTellsWhatMatters(t *testing.T) {
	var c evidence.Commit
	for id := range int64(300) {
		c.Changes = append(c.Changes, evidence.Change{Table: "holds", After: evidence.Image{ID: id + 1, Qty: 1}})
	}
	about := SubjectOf(&checker.Violation{First: checker.Case{IDs: map[string]int64{"hold_id": 200}},
		Operations: []checker.Operation{{Kind: evidence.CreateHold, ProductID: 1, GotHoldID: 7}},
		Rows:       []checker.Row{{Order: &evidence.Order{ID: 9}}}})
	if got, want := narrator().Commit(&c, about), "holds +7 qty 1; holds +200 qty 1; and 298 other rows"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	const want = "holds +1 qty 1; holds +2 qty 1; holds +3 qty 1; holds +4 qty 1; holds +5 qty 1; holds +6 qty 1; " +
		"and 294 other rows"
	if got := narrator().Commit(&c, SubjectOf(&checker.Violation{})); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRow(t *testing.T) {
	hold := evidence.Hold{ID: 41, ProductID: 3, Qty: 2, Status: "expired"}
	order := evidence.Order{ID: 5, HoldID: 41, Qty: 2, TotalPrice: 200, Status: "paid"}
	event := evidence.PaymentEvent{ID: 6, OrderID: 5, Key: "r1-evt", Payment: "success", Outcome: "paid"}
	for want, r := range map[string]checker.Row{
		"products 3: total 9 sold 1":                               {Product: &evidence.Product{ID: 3, StockTotal: 9, StockSold: 1}},
		"holds 41: product 3 qty 2, expired":                       {Hold: &hold},
		"orders 5: hold 41 qty 2 total 200, paid":                  {Order: &order},
		"payment_events 6: order 5 success key …evt, outcome paid": {Event: &event},
		"a row of an unknown table":                                {},
	} {
		if got := narrator().Row(&r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
