package scale

import (
	"context"
	"fmt"
	"time"

	"flashsale/internal/bench"
	"flashsale/internal/lab"
)

// stage is what one sweep runs on: labs, started as it needs them.
type stage struct {
	options Options
	labs    []*lab.Lab
	granted map[*lab.Lab]int64 // holds that its database must have in the end
}

// Stock is ample and holds outlast the sweep: nothing is refused, and nothing lapses.
const (
	ampleStock = 1 << 40
	holdTTL    = time.Hour
)

// requestTimeout keeps the server from refusing what a slow setting, such as one command a commit, makes wait: a closed
// loop is patient.
const requestTimeout = time.Minute

// start starts a lab with some products.
func (s *stage) start(ctx context.Context, o lab.Options, products int64) (*lab.Lab, error) {
	o.DSN, o.Image, o.Binary, o.HoldTTL = s.options.DSN, s.options.Image, s.options.Binary, holdTTL
	o.RequestTimeout = requestTimeout
	for id := range products {
		o.Products = append(o.Products, lab.Product{ID: id + 1, Name: "Bench", Price: 1, StockTotal: ampleStock})
	}
	l, err := lab.Start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.labs = append(s.labs, l)
	return l, nil
}

// audit says whether every hold that was granted is there, and all stock accounted for: the speed of a server that
// loses count is worth nothing.
func (s *stage) audit(ctx context.Context) error {
	for _, l := range s.labs {
		var holds, wrong int64
		err := l.DB().QueryRowContext(ctx, `SELECT COALESCE(SUM(h.rows_of), 0),
			COALESCE(SUM(p.stock_held <> COALESCE(h.qty, 0) OR p.stock_sold + p.stock_held > p.stock_total), 0)
			FROM products AS p LEFT JOIN (SELECT product_id, COUNT(*) AS rows_of, SUM(qty) AS qty FROM holds
			WHERE status IN ('active', 'used') GROUP BY product_id) AS h ON h.product_id = p.id`).Scan(&holds, &wrong)
		switch {
		case err != nil:
			return fmt.Errorf("count the stock: %w", err)
		case holds != s.granted[l]:
			return fmt.Errorf("%d holds were granted and the database has %d: the figures are worth nothing", s.granted[l], holds)
		case wrong > 0:
			return fmt.Errorf("the stock of %d products is not what their holds say: the figures are worth nothing", wrong)
		}
	}
	return nil
}

// holdActive gives a lab's product active holds, as if so many buyers had come.
func (s *stage) holdActive(ctx context.Context, l *lab.Lab, holds int64) error {
	if err := bench.InsertHolds(ctx, l.DB(), 1, holds); err != nil {
		return err
	}
	s.granted[l] += holds
	return nil
}
