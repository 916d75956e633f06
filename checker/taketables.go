package checker

import (
	"cmp"

	"golang.org/x/sync/errgroup"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// readStart takes in the rows that were there before the run.
func (in *intake) readStart(from source) {
	if in.run.Declared.StartTables == nil || in.troubled(NeedStart) {
		return
	}
	// Keys of old rows are of no use to any check, and stay out of the operations' Keys.
	var none history.Keys
	t := &history.Tables{}
	if err := from.tables(evidence.Start, tablesTo(t, &none, &none, &none)); err != nil {
		in.note(NeedStart, err.Error())
		return
	}
	in.start = t
}

// readFinal takes in the rows as the run left them, and asks whether the commits led there.
func (in *intake) readFinal(from source, machine *replay.Machine) {
	defer in.history.Seal()
	if in.run.Declared.FinalTables == nil || in.troubled(NeedFinal) {
		return
	}
	t, h := &history.Tables{}, &in.history
	read := tablesTo(t, &h.HoldKeys, &h.OrderKeys, &h.EventKeys)
	var ending *replay.Ending
	if machine != nil {
		ending = machine.Ending()
		read = alsoTo(read, ending)
	}
	if err := eachAlone(from, read); err != nil {
		in.note(NeedFinal, err.Error())
		return
	}
	in.final = t
	if ending == nil {
		return
	}
	if why := ending.Difference(); why != "" {
		in.distrust("the commit log does not lead from the starting to the final tables: " + why)
	}
}

// eachAlone reads the final tables at the same time, for none of them waits for another.
func eachAlone(from source, to tableReader) error {
	parts := []tableReader{
		{columns: to.columns, products: to.products}, {holds: to.holds}, {orders: to.orders}, {events: to.events},
	}
	errs := make([]error, len(parts))
	var all errgroup.Group
	for i, part := range parts {
		all.Go(func() error {
			errs[i] = from.tables(evidence.Final, part)
			return nil
		})
	}
	_ = all.Wait() // the first table's error counts, not the first to happen
	return cmp.Or(errs...)
}

// tablesTo reads into compact tables; the keys of each table are numbered in the Keys of its endpoint.
func tablesTo(t *history.Tables, holds, orders, events *history.Keys) tableReader {
	return tableReader{
		columns: func(columns map[string]bool) { t.Columns = columns },
		products: func(rows []evidence.Product) error {
			for i := range rows {
				t.Products.Add(rows[i])
			}
			return nil
		},
		holds:  func(rows []evidence.Hold) error { return t.AddHolds(rows, holds) },
		orders: func(rows []evidence.Order) error { return t.AddOrders(rows, orders) },
		events: func(rows []evidence.PaymentEvent) error { return t.AddEvents(rows, events) },
	}
}

// alsoTo shows every row to the end of the replay as well.
func alsoTo(to tableReader, ending *replay.Ending) tableReader {
	return tableReader{
		columns:  to.columns,
		products: also(to.products, ending.Product),
		holds:    also(to.holds, ending.Hold),
		orders:   also(to.orders, ending.Order),
		events:   also(to.events, ending.Event),
	}
}

func also[T any](each func([]T) error, show func(*T)) func([]T) error {
	return func(batch []T) error {
		for i := range batch {
			show(&batch[i])
		}
		return each(batch)
	}
}
