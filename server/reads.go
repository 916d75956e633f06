package server

import (
	"database/sql"
	"errors"
	"log/slog"
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
	events    getter[string, paymentEvent]
}

// getter reads one row by its key, as coalesce.Group does.
type getter[K comparable, V any] interface {
	Get(deadline time.Time, key K) (value V, found bool, err error)
}

// paymentEvent is a payment event that has taken effect, and what has become of its order.
type paymentEvent struct {
	orderID                       int64
	payment, outcome, orderStatus string
}

// readGroups is how many groups reads has; each may have readsAtOnce statements in flight.
const readGroups, readsAtOnce = 6, 1

// readWait bounds one statement, its session included, below what its callers may wait: a read whose connection has died
// without a word must not keep those who come later for longer.
const readWait = 2 * time.Second

// errRead marks errors of the database in a read.
var errRead = errors.New("read")

func isRead(err error) bool { return errors.Is(err, errRead) }

// selectProducts has a row for each product, and one more for each whose lapsed holds no sweep has reached: those units
// are on sale again. The two are added up here: a join makes MySQL read all holds of a product, and MariaDB take half as
// long again.
const (
	selectProducts = `SELECT id, name, price, stock_total - stock_sold - stock_held FROM products WHERE id IN (%[1]s)
		UNION ALL SELECT product_id, NULL, 0, SUM(qty) FROM holds FORCE INDEX (holds_product_lapse)
		WHERE product_id IN (%[1]s) AND status IN ('active', 'used') AND expires_at <= UTC_TIMESTAMP(6) GROUP BY product_id`
	selectHolds     = `SELECT id, product_id, qty, status, expires_at FROM holds WHERE id IN (%[1]s)`
	selectOrders    = `SELECT id, product_id, hold_id, qty, total_price, status FROM orders WHERE id IN (%[1]s)`
	selectHoldKeys  = `SELECT idempotency_key FROM holds WHERE idempotency_key IN (%[1]s)`
	selectOrderKeys = `SELECT idempotency_key FROM orders WHERE idempotency_key IN (%[1]s)`
	selectEvents    = `SELECT e.idempotency_key, e.order_id, e.status, e.outcome, o.status
		FROM payment_events e JOIN orders o ON o.id = e.order_id WHERE e.idempotency_key IN (%[1]s)`
)

func newReads(db *sql.DB, timeout time.Duration, logger *slog.Logger) *reads {
	bounds := coalesce.Config{KeysMax: 256, ConcurrentMax: readsAtOnce, WaitingMax: 16384, Timeout: min(timeout, readWait)}
	return &reads{
		products: coalesce.New(bounds, fetch(db, logger, selectProducts, addProduct)),
		holds: coalesce.New(bounds, fetch(db, logger, selectHolds, func(rows *sql.Rows, found map[int64]api.Hold) error {
			var h api.Hold
			err := rows.Scan(&h.HoldID, &h.ProductID, &h.Qty, &h.Status, &h.ExpiresAt)
			found[h.HoldID] = h
			return err
		})),
		orders: coalesce.New(bounds, fetch(db, logger, selectOrders, func(rows *sql.Rows, found map[int64]api.Order) error {
			var o api.Order
			err := rows.Scan(&o.OrderID, &o.ProductID, &o.HoldID, &o.Qty, &o.TotalPrice, &o.Status)
			found[o.OrderID] = o
			return err
		})),
		holdKeys:  coalesce.New(bounds, fetch(db, logger, selectHoldKeys, addKey)),
		orderKeys: coalesce.New(bounds, fetch(db, logger, selectOrderKeys, addKey)),
		events: coalesce.New(bounds, fetch(db, logger, selectEvents, func(rows *sql.Rows, found map[string]paymentEvent) error {
			var key string
			var e paymentEvent
			err := rows.Scan(&key, &e.orderID, &e.payment, &e.outcome, &e.orderStatus)
			found[key] = e
			return err
		})),
	}
}

// addProduct takes in a row of selectProducts: a product, or what lapsed holds add to it.
func addProduct(rows *sql.Rows, found map[int64]api.Product) error {
	var id, price, units int64
	var name sql.NullString
	if err := rows.Scan(&id, &name, &price, &units); err != nil {
		return err
	}
	p := found[id]
	p.ID, p.AvailableStock = id, p.AvailableStock+units
	if name.Valid {
		p.Name, p.Price = name.String, price
	}
	found[id] = p
	return nil
}

func addKey(rows *sql.Rows, found map[string]struct{}) error {
	var key string
	err := rows.Scan(&key)
	found[key] = struct{}{}
	return err
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
	_, used, err := r.events.Get(until, key)
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
	switch value, ok, err := group.Get(s.patience(), id); {
	case err != nil:
		answerProblem(ctx, failure(err))
	case !ok:
		answerProblem(ctx, refusals[api.ProblemNotFound])
	default:
		found(ctx, value)
	}
}
