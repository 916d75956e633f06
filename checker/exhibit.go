package checker

import (
	"flashsale/internal/evidence"
)

// exhibit names what shows a case: operations and rows by id, commits by position. Nothing is fetched while
// judging, for most exhibits give way to that of an earlier case, and the operations are not in memory.
type exhibit struct {
	ops     []uint32                       // ids
	match   func(*evidence.Operation) bool // and the first others that match; may be nil
	rows    []rowRef                       // in this order
	commits []int64                        // and the first others that changed one of the rows
}

// rowRef names a row of the final tables.
type rowRef struct {
	table string
	id    int64
}

func productRow(id int64) rowRef { return rowRef{evidence.TableProducts, id} }
func holdRow(id int64) rowRef    { return rowRef{evidence.TableHolds, id} }
func orderRow(id int64) rowRef   { return rowRef{evidence.TableOrders, id} }
func eventRow(id int64) rowRef   { return rowRef{evidence.TableEvents, id} }

// showRows makes an exhibit of rows, and of the operations that match; match may be nil.
func showRows(match func(*evidence.Operation) bool, rows ...rowRef) exhibit {
	return exhibit{match: match, rows: rows}
}

// showOps makes an exhibit of given operations.
func showOps(ops []uint32, rows ...rowRef) exhibit { return exhibit{ops: ops, rows: rows} }

func oneOp(id uint32, rows ...rowRef) exhibit { return showOps([]uint32{id}, rows...) }

// aboutHold matches the writes that concern a hold: those that made it, by answer or key, and its orders.
func aboutHold(id int64, key string) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool {
		switch op.Kind {
		case evidence.CreateHold:
			return op.GotHoldID == id || key != "" && op.Key == key
		case evidence.CreateOrder:
			return op.HoldID == id
		default:
			return false
		}
	}
}

// aboutOrder matches the writes that concern an order: those that made it, and its webhooks.
func aboutOrder(id, hold int64) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool {
		switch op.Kind {
		case evidence.CreateOrder:
			return op.GotOrderID == id || op.HoldID == hold
		case evidence.SendWebhook:
			return op.OrderID == id
		default:
			return false
		}
	}
}

// aboutKey matches the attempts under one idempotency key.
func aboutKey(kind evidence.Kind, key string) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool { return op.Kind == kind && op.Key == key }
}

// aboutIDs matches the writes that concern the hold or the order that a case names.
func aboutIDs(ids map[string]int64) func(*evidence.Operation) bool {
	hold, order := ids["hold_id"], ids["order_id"]
	if hold == 0 && order == 0 {
		return nil
	}
	return func(op *evidence.Operation) bool {
		switch op.Kind {
		case evidence.CreateHold:
			return hold != 0 && op.GotHoldID == hold
		case evidence.CreateOrder:
			return hold != 0 && op.HoldID == hold || order != 0 && op.GotOrderID == order
		case evidence.SendWebhook:
			return order != 0 && op.OrderID == order
		default:
			return false
		}
	}
}

// rowsOf names the rows that a case names.
func rowsOf(ids map[string]int64) (rows []rowRef) {
	for _, named := range []struct {
		id  string
		row func(int64) rowRef
	}{{"product_id", productRow}, {"hold_id", holdRow}, {"order_id", orderRow}, {"event_id", eventRow}} {
		if id := ids[named.id]; id != 0 {
			rows = append(rows, named.row(id))
		}
	}
	return rows
}
