package checker

import (
	"errors"

	"flashsale/internal/evidence"
)

// fetch reads the evidence once more, as far as it can be used, and fills in what shows the violations: commits
// first, for they tell which operations made them.
func (in *intake) fetch(from source, accused []*accusation) error {
	shelves := make([]*shelf, len(accused))
	for i, a := range accused {
		shelves[i] = newShelf(a)
	}
	if len(shelves) == 0 {
		return nil
	}
	var errs []error
	if in.has(NeedCommits) {
		errs = append(errs, from.commits(func(batch []evidence.Commit) error {
			collectCommits(shelves, batch)
			return nil
		}))
	}
	if in.has(NeedOperations) {
		errs = append(errs, from.operations(func(batch []evidence.Operation) error {
			collectOperations(shelves, batch)
			return nil
		}))
	}
	if in.has(NeedFinal) {
		errs = append(errs, from.tables(evidence.Final, collectingRows(shelves)))
	}
	for _, s := range shelves {
		s.arrange()
	}
	return errors.Join(errs...)
}

func collectOperations(shelves []*shelf, batch []evidence.Operation) {
	for _, s := range shelves {
		for i := range batch {
			s.offerOperation(&batch[i])
		}
	}
}

func collectCommits(shelves []*shelf, batch []evidence.Commit) {
	for _, s := range shelves {
		for i := range batch {
			s.offerCommit(&batch[i])
		}
	}
}

func collectingRows(shelves []*shelf) tableReader {
	return tableReader{
		products: collecting(shelves, func(p *evidence.Product) (rowRef, Row) { return productRow(p.ID), Row{Product: p} }),
		holds:    collecting(shelves, func(h *evidence.Hold) (rowRef, Row) { return holdRow(h.ID), Row{Hold: h} }),
		orders:   collecting(shelves, func(o *evidence.Order) (rowRef, Row) { return orderRow(o.ID), Row{Order: o} }),
		events: collecting(shelves, func(e *evidence.PaymentEvent) (rowRef, Row) {
			return eventRow(e.ID), Row{Event: e}
		}),
	}
}

// collecting offers the rows of one table to all shelves.
func collecting[T any](shelves []*shelf, name func(*T) (rowRef, Row)) func([]T) error {
	return func(batch []T) error {
		for i := range batch {
			ref, _ := name(&batch[i])
			for _, s := range shelves {
				if _, asked := s.rows[ref]; asked {
					row := batch[i]
					_, shown := name(&row)
					s.rows[ref] = &shown
				}
			}
		}
		return nil
	}
}
