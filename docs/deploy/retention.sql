-- One batch of retention: removes what has been over for 30 days, and prints how many rows went. Run it again and
-- again until it prints 0. It is safe beside a running server: it finds rows without locks, then locks those alone,
-- and never a product.

SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 2;
SET @before = UTC_TIMESTAMP(6) - INTERVAL 30 DAY;

-- What is over: settled orders that nobody has sent an event for since, and holds that lapsed without an order.
CREATE TEMPORARY TABLE over_and_done (hold_id BIGINT PRIMARY KEY, order_id BIGINT NULL);
INSERT INTO over_and_done
SELECT o.hold_id, o.id FROM orders o
WHERE o.status IN ('paid', 'canceled') AND o.updated_at < @before
  AND NOT EXISTS (SELECT 1 FROM payment_events e WHERE e.order_id = o.id AND e.created_at >= @before)
ORDER BY o.id LIMIT 500;
INSERT INTO over_and_done
SELECT h.id, NULL FROM holds h LEFT JOIN orders o ON o.hold_id = h.id
WHERE h.status = 'expired' AND h.expires_at < @before AND o.id IS NULL LIMIT 500;

-- An order goes with its events and its hold, in one transaction: an event that is gone while its order stays
-- would be decided a second time when the provider delivers it again.
START TRANSACTION;
SELECT COUNT(*) INTO @locked FROM over_and_done d STRAIGHT_JOIN orders o ON o.id = d.order_id FOR UPDATE;
-- A late payment may have come since: its order stays.
DELETE d FROM over_and_done d JOIN payment_events e ON e.order_id = d.order_id WHERE e.created_at >= @before;
DELETE e FROM over_and_done d JOIN payment_events e ON e.order_id = d.order_id;
SET @removed = ROW_COUNT();
DELETE o FROM over_and_done d JOIN orders o ON o.id = d.order_id;
SET @removed = @removed + ROW_COUNT();
DELETE h FROM over_and_done d JOIN holds h ON h.id = d.hold_id WHERE h.status IN ('completed', 'expired', 'canceled');
SET @removed = @removed + ROW_COUNT();
COMMIT;
SELECT @removed AS removed;
