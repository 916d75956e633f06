package bench

import (
	"context"
	"fmt"

	"flashsale/internal/bench/load"
	"flashsale/internal/lab"
)

// system is one server under test, with what its database must show at the end.
type system struct {
	lab       *lab.Lab
	holds     int64 // granted
	checkouts int64 // ordered and paid
}

func countHolds(s *system, units int64) { s.holds += units }

func countCheckouts(s *system, units int64) {
	s.holds += units
	s.checkouts += units
}

func countNothing(*system, int64) {}

func benchProduct() lab.Product {
	return lab.Product{ID: benchProductID, Name: "Bench", Price: 1, StockTotal: benchStock}
}

func benchProducts() []lab.Product {
	return []lab.Product{benchProduct(), {ID: soldOutProductID, Name: "Sold out", Price: 1, StockTotal: soldOutStock}}
}

// startSystem starts one lab, with active holds on its product.
func (b *serverBench) startSystem(ctx context.Context, o lab.Options, active int64) (*system, error) {
	l, err := lab.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &system{lab: l}
	b.systems = append(b.systems, s)
	if o.Kind == lab.KindFront {
		return s, nil
	}
	if err := InsertHolds(ctx, l.DB(), benchProductID, active); err != nil {
		return nil, err
	}
	s.holds += active
	return s, settle(ctx, l)
}

// sellOut takes all of the product that is to be sold out.
func (s *system) sellOut(ctx context.Context) error {
	if err := load.Once(ctx, s.lab.URLs()[0], load.TakeHolds(soldOutProductID, soldOutStock)(0)); err != nil {
		return fmt.Errorf("sell a product out: %w", err)
	}
	s.holds++
	return nil
}

// empty takes every hold away, once it is sure that they were right.
func (s *system) empty(ctx context.Context) error {
	if err := s.truth(ctx); err != nil {
		return err
	}
	conn, err := s.lab.DB().Conn(ctx)
	if err != nil {
		return fmt.Errorf("empty the holds: %w", err)
	}
	defer conn.Close()
	// Orders refer to holds, so that the table cannot be cut while that is checked. There are none.
	for _, statement := range []string{"SET SESSION foreign_key_checks = 0", "TRUNCATE TABLE holds",
		"UPDATE products SET stock_held = 0", "SET SESSION foreign_key_checks = 1"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("empty the holds: %w", err)
		}
	}
	s.holds = 0
	return nil
}
