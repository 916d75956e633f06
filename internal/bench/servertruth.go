package bench

import (
	"context"
	"fmt"
)

// truth has every database of ours agree with what was answered, and says so in a sentence.
func (b *serverBench) truth(ctx context.Context) (string, error) {
	holds, checkouts := int64(0), int64(0)
	for _, s := range b.judged {
		if err := s.truth(ctx); err != nil {
			return "", err
		}
		holds += s.holds
		checkouts += s.checkouts
	}
	return fmt.Sprintf("every one of %d holds and %d paid orders is in the database, and the stock adds up", holds, checkouts), nil
}

// truth compares our schema's rows with what was granted and paid, and its counters with its rows.
func (s *system) truth(ctx context.Context) error {
	var holds, orders, events, sold, wrong int64
	err := s.lab.DB().QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM holds),
		(SELECT COUNT(*) FROM orders WHERE status = 'paid'), (SELECT COUNT(*) FROM payment_events WHERE outcome = 'paid'), (SELECT SUM(stock_sold) FROM products)`).
		Scan(&holds, &orders, &events, &sold)
	if err != nil {
		return fmt.Errorf("compare the database with the answers: %w", err)
	}
	err = s.lab.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM products p
		WHERE stock_sold + stock_held > stock_total OR stock_held <> (SELECT COALESCE(SUM(qty), 0) FROM holds h WHERE h.product_id = p.id AND h.status IN ('active', 'used'))`).Scan(&wrong)
	if err != nil {
		return fmt.Errorf("compare the stock with the holds: %w", err)
	}
	switch {
	case holds != s.holds:
		return fmt.Errorf("the database has %d holds, but %d were granted: the figures are worth nothing", holds, s.holds)
	case orders != s.checkouts || events != s.checkouts || sold != s.checkouts:
		return fmt.Errorf("%d checkouts were answered, but the database has %d paid orders, %d payments and %d units sold: "+
			"the figures are worth nothing", s.checkouts, orders, events, sold)
	case wrong != 0:
		return fmt.Errorf("the stock of %d products is not what their holds say: the figures are worth nothing", wrong)
	}
	return nil
}
