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

// auditMax is how many holds are summed at most: about a tenth of a second under the product's lock.
const auditMax = 100_000

// noteStart keeps in a new session when its database started, for begin to compare rows with. Uptime counts whole
// seconds, from before the recovery.
func noteStart(ctx context.Context, conn driver.Conn) error {
	uptime, err := databaseUptime(ctx, conn)
	if err != nil {
		return err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET @started = UTC_TIMESTAMP(6) - INTERVAL "+
		strconv.FormatInt(uptime, 10)+" SECOND + INTERVAL 1 SECOND", nil)
	return err
}

// databaseUptime is in seconds.
func databaseUptime(ctx context.Context, conn driver.Conn) (seconds int64, err error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SHOW GLOBAL STATUS LIKE 'Uptime'", nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, 2)
	if err := rows.Next(row); err != nil {
		return 0, fmt.Errorf("no uptime: %w", err)
	}
	text, _ := row[1].([]byte)
	seconds, err = strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, err
	}
	if err := rows.Next(row); !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("more than one uptime: %w", err)
	}
	return seconds, nil
}

// audit counts stock_held again, by the holds that it is the sum of, where the product's row was last written before
// the database started: what a crash and its recovery have made of the row is not taken on trust. MariaDB 10.11 was
// seen to leave one as no transaction had written it (docs/guarantees.md, "The run that broke"). The row is then
// written whatever the batch decides, so that the next one finds it audited. The product's lock keeps all its holds
// as they are.
func (l *Ledger) audit(ctx context.Context, conn *sql.Conn, p *decide.Product) error {
	var holds, held int64
	err := conn.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(qty), 0) FROM (SELECT qty FROM holds"+
		" FORCE INDEX (holds_product_lapse) WHERE product_id = ? AND status IN ('active', 'used') LIMIT ?) AS of_product",
		p.ID, auditMax+1).Scan(&holds, &held)
	switch {
	case err != nil:
		return err
	case holds > auditMax:
		l.Logger.Warn("stock_held is not audited: the product has too many holds", "product", p.ID, "max", auditMax)
	case held != p.Held:
		l.Logger.Error("stock_held is not the sum of the product's holds, and was corrected: the database has damaged it, "+
			"or somebody has written it by hand", "product", p.ID, "was", p.Held, "is", held)
		l.Observe.Corrected()
		p.Held = held
	}
	return nil
}
