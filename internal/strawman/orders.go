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
	var lapsed *place
	a, err := s.transact(ctx, func(t *txn) (a answer, err error) {
		a, lapsed, err = s.useHold(t, req, key)
		return a, err
	})
	if err == nil && lapsed != nil {
		err = s.expireHold(ctx, *lapsed)
	}
	return replay(key, a, err, func() (answer, bool, error) { return s.orderByKey(ctx, req, key) })
}

// useHold is the transaction. It locks only the hold: a hold that has not lapsed reserves as much when it is used as
// when it is active, so the product's stock is not touched. A hold that has lapsed is marked, since a decision met it; one
// that may be marked under the product's lock only is returned instead.
func (s *shop) useHold(t *txn, req api.OrderRequest, key []byte) (a answer, lapsed *place, err error) {
	h, exists, err := t.lockHold(s.st, req.HoldID)
	if err != nil || !exists {
		return refusal(api.ProblemNotFound, fmt.Sprintf("no hold %d", req.HoldID)), nil, err
	}
	var now time.Time
	var price int64
	if err := t.row(s.st.price, h.productID).Scan(&now, &price); err != nil {
		return answer{}, nil, fmt.Errorf("reading price: %w", err)
	}
	orderID, err := s.orderOf(t, req.HoldID, h.status)
	if err != nil {
		return answer{}, nil, err
	}
	if s.guards.lapsed(h, now) {
		lapsed = &place{h.productID, req.HoldID}
	}
	if problem := s.guards.refuseOrder(h.status, lapsed != nil, orderID != 0); problem != "" {
		if lapsed != nil && s.reserved.expiresUnlocked() {
			err = s.setHold(t, req.HoldID, api.HoldExpired, now)
			lapsed = nil
		}
		return refuseOrder(req.HoldID, problem, orderID), lapsed, err
	}
	a, err = s.insertOrder(t, req.HoldID, h, s.guards.totalPrice(price, h.qty), now, key)
	return a, nil, err
}

// lockHold takes the lock that everything which changes a hold must hold.
func (t *txn) lockHold(st *statements, id int64) (h hold, exists bool, err error) {
	switch err := t.row(st.lockHold, id).Scan(&h.productID, &h.qty, &h.status, &h.expiresAt); {
	case errors.Is(err, sql.ErrNoRows):
		return hold{}, false, nil
	case err != nil:
		return hold{}, false, fmt.Errorf("locking hold: %w", err)
	}
	return h, true, nil
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

func (s *shop) setHold(t *txn, id int64, status string, now time.Time) error {
	if _, err := t.exec(s.st.setHold, status, now, id); err != nil {
		return fmt.Errorf("marking hold %s: %w", status, err)
	}
	return nil
}

// expireHold marks a lapsed hold that an order met, before the order is refused. The product's lock comes before the
// hold's, which the order has taken: so this is a transaction of its own.
func (s *shop) expireHold(ctx context.Context, at place) error {
	_, err := s.transact(ctx, func(t *txn) (answer, error) {
		if _, err := t.lockProduct(s.st, at.productID); err != nil {
			return answer{}, err
		}
		h, _, err := t.lockHold(s.st, at.holdID)
		if err != nil {
			return answer{}, err
		}
		var now time.Time
		if err := t.row(s.st.now).Scan(&now); err != nil {
			return answer{}, fmt.Errorf("reading the time: %w", err)
		}
		if !s.guards.lapsed(h, now) { // marked by somebody else meanwhile
			return answer{}, nil
		}
		if err := s.setHold(t, at.holdID, api.HoldExpired, now); err != nil {
			return answer{}, err
		}
		return answer{}, s.reserved.settle(t, at.productID, 0, h.qty, now)
	})
	return err
}

// refuseOrder answers with the problem.
func refuseOrder(holdID int64, problem string, orderID int64) answer {
	a := refusal(problem, fmt.Sprintf("hold %d", holdID))
	if problem == api.ProblemHoldAlreadyUsed && orderID != 0 {
		body := a.body.(api.Problem)
		body.OrderID = &orderID
		a.body = body
	}
	return a
}

// insertOrder writes the hold before the order. The order's foreign key shares a lock on the hold; were it taken first,
// two transactions without the guard hold-lock would deadlock on it, and so be kept from the bug they are to have.
func (s *shop) insertOrder(
	t *txn, holdID int64, h hold, total int64, now time.Time, key []byte,
) (answer, error) {
	if err := s.setHold(t, holdID, api.HoldUsed, now); err != nil {
		return answer{}, err
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
