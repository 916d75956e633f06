package realtime

import (
	"testing"

	"flashsale/checker/internal/history"
	"flashsale/internal/evidence"
)

func finalTables(t *testing.T, h *history.History, log []evidence.Commit) *history.Tables {
	t.Helper()
	holds, orders, events := map[int64]evidence.Image{}, map[int64]evidence.Image{}, map[int64]evidence.Image{}
	for _, c := range log {
		for _, change := range c.Changes {
			switch change.Table {
			case evidence.TableHolds:
				holds[change.After.ID] = change.After
			case evidence.TableOrders:
				orders[change.After.ID] = change.After
			case evidence.TableEvents:
				events[change.After.ID] = change.After
			}
		}
	}
	tables := &history.Tables{Columns: ourColumns()}
	for _, x := range changed(nil, holds) {
		check(t, tables.AddHolds([]evidence.Hold{{ID: x.ID, ProductID: 1, Qty: x.Qty, Status: x.Status,
			ExpiresAt: x.ExpiresAt, Key: x.Key, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt}}, &h.HoldKeys))
	}
	for _, x := range changed(nil, orders) {
		check(t, tables.AddOrders([]evidence.Order{{ID: x.ID, ProductID: 1, HoldID: x.HoldID, Qty: x.Qty,
			TotalPrice: x.TotalPrice, Status: x.Status, Key: x.Key, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt}},
			&h.OrderKeys))
	}
	for _, x := range changed(nil, events) {
		check(t, tables.AddEvents([]evidence.PaymentEvent{{ID: x.ID, OrderID: x.OrderID, Key: x.Key, Payment: x.Payment,
			Outcome: x.Outcome, CreatedAt: x.CreatedAt}}, &h.EventKeys))
	}
	return tables
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ourColumns() map[string]bool {
	return map[string]bool{"products.stock_held": true, "holds.idempotency_key": true, "orders.idempotency_key": true,
		"payment_events.outcome": true}
}
