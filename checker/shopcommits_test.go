package checker

import (
	"slices"

	"flashsale/internal/evidence"
)

// The shop's row binlog: what each of its transactions did to the four tables.

// images are the rows of the four tables as the last commit left them.
type images map[string]map[int64]evidence.Image

func newImages() images {
	all := make(images)
	for _, table := range []string{
		evidence.TableProducts, evidence.TableHolds, evidence.TableOrders, evidence.TableEvents,
	} {
		all[table] = make(map[int64]evidence.Image)
	}
	return all
}

// commit ends a transaction: what has changed since the last one is its work. Nothing changed: no commit.
func (s *shop) commit() {
	if s.frozen {
		return
	}
	c := evidence.Commit{Position: int64(len(s.commits) + 1), Log: "bin.000001", End: int64(1000 * (len(s.commits) + 1))}
	note := func(table string, row evidence.Image) {
		if before := s.committed[table][row.ID]; before != row {
			c.Changes = append(c.Changes, evidence.Change{Table: table, Before: before, After: row})
			s.committed[table][row.ID] = row
		}
	}
	for _, p := range s.products {
		note(evidence.TableProducts, productImage(p))
	}
	for _, h := range s.holds {
		note(evidence.TableHolds, evidence.Image{ID: h.ID, ProductID: h.ProductID, Qty: h.Qty, Status: h.Status,
			Key: h.Key, ExpiresAt: h.ExpiresAt, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt})
	}
	for _, o := range s.orders {
		note(evidence.TableOrders, evidence.Image{ID: o.ID, ProductID: o.ProductID, HoldID: o.HoldID, Qty: o.Qty,
			TotalPrice: o.TotalPrice, Status: o.Status, Key: o.Key, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt})
	}
	for _, e := range s.events {
		note(evidence.TableEvents, evidence.Image{ID: e.ID, OrderID: e.OrderID, Payment: e.Payment, Outcome: e.Outcome,
			Key: e.Key, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt})
	}
	if len(c.Changes) > 0 {
		s.commits = append(s.commits, c)
	}
}

func productImage(p *evidence.Product) evidence.Image {
	return evidence.Image{ID: p.ID, Price: p.Price, StockTotal: p.StockTotal, StockSold: p.StockSold,
		StockHeld: p.StockHeld, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

// logged adds the commit log to what a shop hands over.
func (s *shop) logged(ev *Evidence) *Evidence {
	ev.Commits = slices.Clone(s.commits)
	for i := range ev.Commits {
		ev.Commits[i].Changes = slices.Clone(ev.Commits[i].Changes)
	}
	return declareCommits(ev)
}

// declareCommits numbers the commits anew and declares them.
func declareCommits(ev *Evidence) *Evidence {
	for i := range ev.Commits {
		ev.Commits[i].Position = int64(i + 1)
	}
	n := int64(len(ev.Commits))
	ev.Run.Declared.Commits = &n
	return ev
}

// split takes the changes that match out of their commit and puts them into one of their own, right after it.
func split(ev *Evidence, match func(evidence.Change) bool) *Evidence {
	for i, c := range ev.Commits {
		at := slices.IndexFunc(c.Changes, match)
		if at < 0 {
			continue
		}
		late := c
		late.Changes = []evidence.Change{c.Changes[at]}
		ev.Commits[i].Changes = slices.Delete(c.Changes, at, at+1)
		ev.Commits = slices.Insert(ev.Commits, i+1, late)
		return declareCommits(ev)
	}
	panic("no such change")
}
