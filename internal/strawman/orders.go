package strawman

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/api"
)

// createOrder turns a hold into an order, or refuses. An empty key is no key.
func (s *shop) createOrder(ctx context.Context, req api.OrderRequest, key []byte) (answer, error) {
	a, err := s.transact(ctx, func(t *txn) (answer, error) { return s.useHold(t, req, key) })
	return replay(key, a, err, func() (answer, bool, error) { return s.orderByKey(ctx, req, key) })
}

// useHold is the transaction. It locks only the hold: a hold that has not lapsed reserves as much when it is used as
// when it is active, so the product's stock is not touched.
func (s *shop) useHold(t *txn, req api.OrderRequest, key []byte) (answer, error) {
	var h hold
	switch err := t.row(s.st.lockHold, req.HoldID).Scan(&h.productID, &h.qty, &h.status, &h.expiresAt); {
	case errors.Is(err, sql.ErrNoRows):
		return refusal(api.ProblemNotFound, fmt.Sprintf("no hold %d", req.HoldID)), nil
	case err != nil:
		return answer{}, fmt.Errorf("locking hold: %w", err)
	}
	var now time.Time
	var price int64
	if err := t.row(s.st.price, h.productID).Scan(&now, &price); err != nil {
		return answer{}, fmt.Errorf("reading price: %w", err)
	}
	orderID, err := s.orderOf(t, req.HoldID, h.status)
	if err != nil {
		return answer{}, err
	}
	lapsed := s.guards.lapsed(h, now)
	if problem := s.guards.refuseOrder(h.status, lapsed, orderID != 0); problem != "" {
		return s.refuseOrder(t, req.HoldID, problem, lapsed, orderID, now)
	}
	return s.insertOrder(t, req.HoldID, h, s.guards.totalPrice(price, h.qty), now, key)
}

// orderOf finds the order that used the hold; 0 if there is none. An active hold has none.
func (s *shop) orderOf(t *txn, holdID int64, status string) (int64, error) {
	if status == api.HoldActive {
		return 0, nil
	}
	var id int64
	if err := t.row(s.st.orderOfHold, holdID).Scan(&id); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("looking for the hold's order: %w", err)
	}
	return id, nil
}

// refuseOrder answers with the problem. A lapsed hold that nothing has marked yet is marked: it was met by a decision.
func (s *shop) refuseOrder(
	t *txn, holdID int64, problem string, lapsed bool, orderID int64, now time.Time,
) (answer, error) {
	if lapsed {
		if _, err := t.exec(s.st.setHold, api.HoldExpired, now, holdID); err != nil {
			return answer{}, fmt.Errorf("expiring hold: %w", err)
		}
	}
	a := refusal(problem, fmt.Sprintf("hold %d", holdID))
	if problem == api.ProblemHoldAlreadyUsed && orderID != 0 {
		body := a.body.(api.Problem)
		body.OrderID = &orderID
		a.body = body
	}
	return a, nil
}

// insertOrder writes the hold before the order. The order's foreign key shares a lock on the hold; were it taken first,
// two transactions without the guard hold-lock would deadlock on it, and so be kept from the bug they are to have.
func (s *shop) insertOrder(
	t *txn, holdID int64, h hold, total int64, now time.Time, key []byte,
) (answer, error) {
	if _, err := t.exec(s.st.setHold, api.HoldUsed, now, holdID); err != nil {
		return answer{}, fmt.Errorf("using hold: %w", err)
	}
	res, err := t.exec(s.st.insertOrder,
		h.productID, holdID, h.qty, total, api.OrderPending, nullable(key), now, now)
	if err != nil {
		return answer{}, fmt.Errorf("inserting order: %w", err)
	}
	id, err := res.LastInsertId()
	return created(api.OrderCreated{OrderID: id, Status: api.OrderPending, Qty: h.qty, TotalPrice: total}), err
}

// orderByKey answers a request whose key made an order before, as it was answered then: pending.
func (s *shop) orderByKey(ctx context.Context, req api.OrderRequest, key []byte) (answer, bool, error) {
	made := api.OrderCreated{Status: api.OrderPending}
	var holdID int64
	found, err := query(ctx, s.st.orderByKey, []any{key}, &made.OrderID, &holdID, &made.Qty, &made.TotalPrice)
	if err != nil || !found {
		return answer{}, false, err
	}
	if holdID != req.HoldID {
		return refusal(api.ProblemKeyReused, "the key made another order"), true, nil
	}
	return created(made), true, nil
}
