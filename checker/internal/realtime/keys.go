package realtime

import "flashsale/checker/internal/history"

// rowsByKey finds the rows that bear an idempotency key.
type rowsByKey struct {
	holds, orders, events []uint32 // by key: the number of its first row, plus one
}

func (ev *Evidence) rowsByKey() rowsByKey {
	h, f := ev.History, ev.Final
	return rowsByKey{
		holds:  firstByKey(&h.HoldKeys, &f.Holds, func(row *history.Hold) history.KeyID { return row.Key }),
		orders: firstByKey(&h.OrderKeys, &f.Orders, func(row *history.Order) history.KeyID { return row.Key }),
		events: firstByKey(&h.EventKeys, &f.Events, func(row *history.Event) history.KeyID { return row.Key }),
	}
}

func firstByKey[T any](keys *history.Keys, rows *history.List[T], key func(*T) history.KeyID) []uint32 {
	first := make([]uint32, keys.Len()+1)
	for i, row := range rows.All() {
		if k := key(row); k != 0 && first[k] == 0 {
			first[k] = i + 1
		}
	}
	return first
}

// keyedHold is the hold that a key made, and where; nil and Never if there is none. keyedOrder and keyedEvent likewise.
func (j *judge) keyedHold(key history.KeyID) (*history.Hold, Position) {
	if n := j.keys.holds[key]; n != 0 {
		row := j.Final.Holds.At(n - 1)
		return row, j.Recorder.Holds.Inserted(row.ID)
	}
	return nil, Never
}

func (j *judge) keyedOrder(key history.KeyID) (*history.Order, Position) {
	if n := j.keys.orders[key]; n != 0 {
		row := j.Final.Orders.At(n - 1)
		return row, j.Recorder.Orders.Inserted(row.ID)
	}
	return nil, Never
}

func (j *judge) keyedEvent(key history.KeyID) (*history.Event, Position) {
	if n := j.keys.events[key]; n != 0 {
		row := j.Final.Events.At(n - 1)
		return row, j.Recorder.Events.Inserted(row.ID)
	}
	return nil, Never
}
