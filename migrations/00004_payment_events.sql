-- +goose Up
CREATE TABLE payment_events (
    id              BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id        BIGINT         NOT NULL,
    idempotency_key VARBINARY(255) NOT NULL,
    status          ENUM ('success', 'failure') NOT NULL,
    outcome         ENUM ('paid', 'canceled', 'refund_due', 'ignored') NOT NULL,
    raw_payload     JSON           NOT NULL,
    batch           BINARY(16)     NOT NULL,
    created_at      DATETIME(6)    NOT NULL,
    updated_at      DATETIME(6)    NOT NULL,
    UNIQUE KEY payment_events_idempotency_key (idempotency_key),
    CONSTRAINT payment_events_order FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE payment_events;
