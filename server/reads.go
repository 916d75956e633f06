package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/server/internal/coalesce"
)

// reads are the questions that change nothing. Each is ONE statement, so that what it answers was true at
// one instant, and is shared among the callers that wait for it.
type reads struct {
	products  getter[int64, api.Product]
	holds     getter[int64, api.Hold]
	orders    getter[int64, api.Order]
	holdKeys  getter[string, struct{}]
	orderKeys getter[string, struct{}]
	eventKeys getter[string, struct{}]
}

// getter reads one row by its key, as coalesce.Group does.
type getter[K comparable, V any] interface {
	Get(deadline time.Time, key K) (value V, found bool, err error)
}

// readGroups is how many groups reads has; each may have readsAtOnce statements in flight.
const readGroups, readsAtOnce = 6, 1

// errRead marks errors of the database in a read.
var errRead = errors.New("read")

func isRead(err error) bool { return errors.Is(err, errRead) }

// available_stock counts lapsed holds that no sweep has reached as on sale again. They are summed for all
// products asked for before the join: as a subquery of each row, MySQL would read all of them for each.
const (
	selectProducts = `SELECT p.id, p.name, p.price, p.stock_total - p.stock_sold - p.stock_held + COALESCE(l.qty, 0)
		FROM products p LEFT JOIN (
			SELECT product_id, SUM(qty) AS qty FROM holds FORCE INDEX (holds_product_lapse)
			WHERE product_id IN (%[1]s) AND status IN ('active', 'used') AND expires_at <= UTC_TIMESTAMP(6)
			GROUP BY product_id) l ON l.product_id = p.id
		WHERE p.id IN (%[1]s)`
	selectHolds     = `SELECT id, product_id, qty, status, expires_at FROM holds WHERE id IN (%[1]s)`
	selectOrders    = `SELECT id, product_id, hold_id, qty, total_price, status FROM orders WHERE id IN (%[1]s)`
	selectHoldKeys  = `SELECT idempotency_key FROM holds WHERE idempotency_key IN (%[1]s)`
	selectOrderKeys = `SELECT idempotency_key FROM orders WHERE idempotency_key IN (%[1]s)`
	selectEventKeys = `SELECT idempotency_key FROM payment_events WHERE idempotency_key IN (%[1]s)`
)

func newReads(db *sql.DB, timeout time.Duration, logger *slog.Logger) *reads {
	bounds := coalesce.Config{KeysMax: 256, ConcurrentMax: readsAtOnce, WaitingMax: 16384, Timeout: timeout}
	return &reads{
		products: coalesce.New(bounds, fetchBy(db, logger, selectProducts, func(rows *sql.Rows) (int64, api.Product, error) {
			var p api.Product
			err := rows.Scan(&p.ID, &p.Name, &p.Price, &p.AvailableStock)
			return p.ID, p, err
		})),
		holds: coalesce.New(bounds, fetchBy(db, logger, selectHolds, func(rows *sql.Rows) (int64, api.Hold, error) {
			var h api.Hold
			err := rows.Scan(&h.HoldID, &h.ProductID, &h.Qty, &h.Status, &h.ExpiresAt)
			return h.HoldID, h, err
		})),
		orders: coalesce.New(bounds, fetchBy(db, logger, selectOrders, func(rows *sql.Rows) (int64, api.Order, error) {
			var o api.Order
			err := rows.Scan(&o.OrderID, &o.ProductID, &o.HoldID, &o.Qty, &o.TotalPrice, &o.Status)
			return o.OrderID, o, err
		})),
		holdKeys:  coalesce.New(bounds, fetchBy(db, logger, selectHoldKeys, scanKey)),
		orderKeys: coalesce.New(bounds, fetchBy(db, logger, selectOrderKeys, scanKey)),
		eventKeys: coalesce.New(bounds, fetchBy(db, logger, selectEventKeys, scanKey)),
	}
}

func scanKey(rows *sql.Rows) (string, struct{}, error) {
	var key string
	err := rows.Scan(&key)
	return key, struct{}{}, err
}

// fetchBy makes a Fetch of a query with an IN list. A read that fails is logged here, once, and not by each
// of those who wait for it.
func fetchBy[K int64 | string, V any](db *sql.DB, logger *slog.Logger, query string,
	scan func(*sql.Rows) (K, V, error)) coalesce.Fetch[K, V] {
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		found, err := selectIn(ctx, db, query, keys, scan)
		if err != nil {
			err = fmt.Errorf("%w: %w", errRead, err)
			logger.Warn("a read failed", "keys", len(keys), "error", err)
		}
		return found, err
	}
}

// selectIn puts the keys in every place where the query has %[1]s.
func selectIn[K int64 | string, V any](ctx context.Context, db *sql.DB, query string, keys []K,
	scan func(*sql.Rows) (K, V, error)) (map[K]V, error) {
	args := make([]any, len(keys))
	for i, k := range keys {
		if text, ok := any(k).(string); ok {
			args[i] = []byte(text) // keys are bytes: compared byte for byte
		} else {
			args[i] = k
		}
	}
	in := strings.TrimSuffix(strings.Repeat("?,", len(keys)), ",")
	args = slices.Repeat(args, strings.Count(query, "%[1]s"))
	rows, err := db.QueryContext(ctx, fmt.Sprintf(query, in), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[K]V, len(keys))
	for rows.Next() {
		k, v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found[k] = v
	}
	return found, rows.Err()
}

func (r *reads) holdKeyUsed(until time.Time, key string) (bool, error) {
	_, used, err := r.holdKeys.Get(until, key)
	return used, err
}

func (r *reads) orderKeyUsed(until time.Time, key string) (bool, error) {
	_, used, err := r.orderKeys.Get(until, key)
	return used, err
}

func (r *reads) eventKeyUsed(until time.Time, key string) (bool, error) {
	_, used, err := r.eventKeys.Get(until, key)
	return used, err
}

func (s *Server) readProduct(ctx *fasthttp.RequestCtx, id int64) {
	answerRead(s, ctx, s.reads.products, id, answerProduct)
}

func (s *Server) readHold(ctx *fasthttp.RequestCtx, id int64) {
	answerRead(s, ctx, s.reads.holds, id, answerAny[api.Hold])
}

func (s *Server) readOrder(ctx *fasthttp.RequestCtx, id int64) {
	answerRead(s, ctx, s.reads.orders, id, answerAny[api.Order])
}

func answerAny[V any](ctx *fasthttp.RequestCtx, v V) {
	answer(ctx, fasthttp.StatusOK, api.ContentTypeJSON, v)
}

func answerRead[V any](s *Server, ctx *fasthttp.RequestCtx, group getter[int64, V], id int64,
	found func(*fasthttp.RequestCtx, V)) {
	switch value, ok, err := group.Get(time.Now().Add(s.cfg.RequestTimeout), id); {
	case err != nil:
		answerProblem(ctx, failure(err))
	case !ok:
		answerProblem(ctx, refusals[api.ProblemNotFound])
	default:
		found(ctx, value)
	}
}
