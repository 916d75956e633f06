package strawman

import (
	"context"
	"database/sql"
	"fmt"
)

// The seed's four tables. Nothing here would catch a bug of the checkout's: no CHECK, no UNIQUE on orders.hold_id. Only
// the idempotency keys are unique, since the checkout relies on that to recognise a duplicate.
const (
	// The verb is the column that the kind of reservations needs, if any.
	productsTable = `CREATE TABLE IF NOT EXISTS products (
    id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name        VARCHAR(255) NOT NULL,
    price       BIGINT       NOT NULL,
    stock_total BIGINT       NOT NULL,
    stock_sold  BIGINT       NOT NULL DEFAULT 0,
    %s
    created_at  DATETIME(6)  NOT NULL,
    updated_at  DATETIME(6)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

	// holds_reserving answers the SUM from the index alone, and finds a product's hold that lapses first in one step.
	// It must not serve the foreign key: InnoDB checks the key again whenever an entry of the index that serves it
	// changes, so every change of status would take a shared lock on the product, after the hold's lock. The first
	// index that could serve is the one that does.
	holdsTable = `CREATE TABLE IF NOT EXISTS holds (
    id              BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id      BIGINT      NOT NULL,
    qty             BIGINT      NOT NULL,
    status          ENUM ('active', 'used', 'completed', 'expired', 'canceled') NOT NULL,
    expires_at      DATETIME(6) NOT NULL,
    idempotency_key VARBINARY(255) NULL,
    created_at      DATETIME(6) NOT NULL,
    updated_at      DATETIME(6) NOT NULL,
    UNIQUE KEY holds_idempotency_key (idempotency_key),
    KEY holds_product (product_id),
    KEY holds_reserving (product_id, status, expires_at, qty),
    CONSTRAINT holds_product_exists FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

	// product_id has no foreign key: its check would take a shared lock on the product AFTER the hold's lock, and so
	// turn the lock order round and queue every order behind the holds. The hold's own key ties the order to it.
	ordersTable = `CREATE TABLE IF NOT EXISTS orders (
    id              BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id      BIGINT      NOT NULL,
    hold_id         BIGINT      NOT NULL,
    qty             BIGINT      NOT NULL,
    total_price     BIGINT      NOT NULL,
    status          ENUM ('pending', 'paid', 'canceled') NOT NULL,
    idempotency_key VARBINARY(255) NULL,
    created_at      DATETIME(6) NOT NULL,
    updated_at      DATETIME(6) NOT NULL,
    UNIQUE KEY orders_idempotency_key (idempotency_key),
    KEY orders_hold (hold_id),
    CONSTRAINT orders_hold_exists FOREIGN KEY (hold_id) REFERENCES holds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

	// The verb is the kind of the key's index.
	eventsTable = `CREATE TABLE IF NOT EXISTS payment_events (
    id              BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id        BIGINT         NOT NULL,
    idempotency_key VARBINARY(255) NOT NULL,
    status          ENUM ('success', 'failure') NOT NULL,
    outcome         ENUM ('paid', 'canceled', 'refund_due', 'ignored') NOT NULL,
    raw_payload     JSON           NOT NULL,
    created_at      DATETIME(6)    NOT NULL,
    updated_at      DATETIME(6)    NOT NULL,
    %s payment_events_idempotency_key (idempotency_key),
    KEY payment_events_order (order_id),
    CONSTRAINT payment_events_order_exists FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`
)

// CreateSchema makes the strawman's tables where they do not exist yet. It goes by Config.Without, because one of the
// guards lives in the schema, and by Config.CounterColumn.
func CreateSchema(ctx context.Context, db *sql.DB, c Config) error {
	g, err := c.design()
	if err != nil {
		return err
	}
	eventKey := "UNIQUE KEY"
	if !g.uniqueEventKey {
		eventKey = "KEY"
	}
	for _, ddl := range []string{
		fmt.Sprintf(productsTable, newReservations(c.CounterColumn).column()), holdsTable, ordersTable,
		fmt.Sprintf(eventsTable, eventKey),
	} {
		if _, err := db.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("creating the strawman's schema: %w", err)
		}
	}
	return nil
}
