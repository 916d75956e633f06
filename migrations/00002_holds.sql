-- +goose Up
CREATE TABLE holds (
    id              BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id      BIGINT      NOT NULL,
    qty             BIGINT      NOT NULL,
    status          ENUM ('active', 'used', 'completed', 'expired', 'canceled') NOT NULL,
    expires_at      DATETIME(6) NOT NULL,
    -- Bytes, not text: under text collations evt_A equals evt_a, and requests are swallowed.
    idempotency_key VARBINARY(255) NULL,
    -- The group commit that inserted the row; tells whether a COMMIT without an answer took effect.
    batch           BINARY(16)  NOT NULL,
    created_at      DATETIME(6) NOT NULL,
    updated_at      DATETIME(6) NOT NULL,
    UNIQUE KEY holds_idempotency_key (idempotency_key),
    -- Finds the lapsed holds of one product, oldest first; and serves the foreign key.
    KEY holds_product_lapse (product_id, status, expires_at),
    -- Finds the lapsed holds of all products, for the sweep.
    KEY holds_lapse (status, expires_at),
    CONSTRAINT holds_product FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT holds_qty_positive CHECK (qty > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE holds;
