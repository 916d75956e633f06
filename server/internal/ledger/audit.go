package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"

	"flashsale/server/internal/decide"
)

// auditMax is how many holds are summed at most: a tenth of a second under the product's lock, once they are in memory.
const auditMax = 100_000

// noteStart keeps in a new session when its database started, for begin to compare rows with. Where the database does not
// say, nothing is audited.
func noteStart(ctx context.Context, conn driver.Conn) error {
	uptime, err := databaseUptime(ctx, conn)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	// Whole seconds, counted from before the recovery.
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET @started = UTC_TIMESTAMP(6) - INTERVAL "+
		strconv.FormatInt(uptime, 10)+" SECOND + INTERVAL 1 SECOND", nil)
	return err
}

// databaseUptime is in seconds, or io.EOF. It is below 0 where the clock was set back to before the start: databases
// print that as a very large number.
func databaseUptime(ctx context.Context, conn driver.Conn) (seconds int64, err error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SHOW GLOBAL STATUS LIKE 'Uptime'", nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, 2)
	if err := rows.Next(row); err != nil {
		return 0, err
	}
	text, _ := row[1].([]byte)
	unsigned, err := strconv.ParseUint(string(text), 10, 64)
	return int64(unsigned), err
}

// A correction is what an audit has found. The zero value is nothing.
type correction struct{ was, is int64 }

// audit counts stock_held again, by the holds that it is the sum of, where the product's row was last written before
// the database started: what a crash and its recovery have made of the row is not taken on trust. MariaDB 10.11 was
// seen to leave one as no transaction had written it (docs/guarantees.md, "The run that broke"). The row is then
// written whatever the batch decides, so that the next one finds it audited. The product's lock keeps all its holds
// as they are.
func (l *Ledger) audit(ctx context.Context, conn *sql.Conn, state *decide.State) (found correction, err error) {
	if !state.Rewrite {
		return found, nil
	}
	var holds, held int64
	p := state.Product
	err = conn.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(qty), 0) FROM (SELECT qty FROM holds"+
		" FORCE INDEX (holds_product_lapse) WHERE product_id = ? AND status IN ('active', 'used') LIMIT ?) AS of_product",
		p.ID, auditMax+1).Scan(&holds, &held)
	if err != nil {
		return found, fmt.Errorf("audit: %w", err)
	}
	if holds > auditMax {
		l.Logger.Warn("stock_held is not audited: the product has too many holds", "product", p.ID, "max", auditMax)
		return found, nil
	}
	was := p.Held
	p.Held = held
	if p.Sold+held > p.Total {
		// The schema refuses such a row. Nothing is sold by it, and what changes nothing is answered.
		l.Logger.Error("more is sold and held than there is: stock_held cannot be corrected until holds have lapsed",
			"product", p.ID, "total", p.Total, "sold", p.Sold, "held", held, "was", was)
		state.Rewrite = false
		return found, nil
	}
	return correction{was, held}, nil
}

// corrected says what a committed transaction has corrected.
func (l *Ledger) corrected(productID int64, c correction) {
	if c.was == c.is {
		return
	}
	l.Logger.Error("stock_held was not the sum of the product's holds, and was corrected: the database has damaged it, "+
		"or somebody has written it by hand", "product", productID, "was", c.was, "is", c.is)
	l.Observe.Corrected()
}
