-- +goose Up
CREATE TABLE orders (
    id              BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id      BIGINT      NOT NULL,
    hold_id         BIGINT      NOT NULL,
    qty             BIGINT      NOT NULL,
    total_price     BIGINT      NOT NULL,
    status          ENUM ('pending', 'paid', 'canceled') NOT NULL,
    idempotency_key VARBINARY(255) NULL,
    batch           BINARY(16)  NOT NULL,
    created_at      DATETIME(6) NOT NULL,
    updated_at      DATETIME(6) NOT NULL,
    UNIQUE KEY orders_hold (hold_id),
    UNIQUE KEY orders_idempotency_key (idempotency_key),
    CONSTRAINT orders_product FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT orders_hold_exists FOREIGN KEY (hold_id) REFERENCES holds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE orders;
