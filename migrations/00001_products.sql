-- One statement a file: DDL is atomic by itself but not in a transaction, so a migration that fails leaves nothing
-- half done.
-- +goose Up
CREATE TABLE products (
    id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name        VARCHAR(255) NOT NULL,
    price       BIGINT       NOT NULL,
    stock_total BIGINT       NOT NULL,
    stock_sold  BIGINT       NOT NULL DEFAULT 0,
    -- Sum of qty over this product's holds in `active` or `used`, lapsed or not: admission costs O(1).
    stock_held  BIGINT       NOT NULL DEFAULT 0,
    created_at  DATETIME(6)  NOT NULL,
    updated_at  DATETIME(6)  NOT NULL,
    CONSTRAINT products_price_not_negative CHECK (price >= 0),
    CONSTRAINT products_never_oversold
        CHECK (stock_sold >= 0 AND stock_held >= 0 AND stock_sold + stock_held <= stock_total)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- +goose Down
DROP TABLE products;
