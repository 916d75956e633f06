package strawman

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/api"
)

// createHold reserves qty units, or refuses. An empty key is no key.
func (s *shop) createHold(ctx context.Context, req api.HoldRequest, key []byte) (answer, error) {
	a, err := s.transact(ctx, func(t *txn) (answer, error) { return s.grantHold(t, req, key) })
	return replay(key, a, err, func() (answer, bool, error) { return s.holdByKey(ctx, req, key) })
}

// grantHold is the transaction: lock the product, then ask for the time and the stock together, by a statement that
// starts when the lock is held.
func (s *shop) grantHold(t *txn, req api.HoldRequest, key []byte) (answer, error) {
	p, exists, err := s.reserved.reserve(t, s.st, req.ProductID, req.Qty)
	if err != nil || !exists {
		return refusal(api.ProblemNotFound, fmt.Sprintf("no product %d", req.ProductID)), err
	}
	available := s.onOffer(p.AvailableStock)
	if available < req.Qty {
		return s.refuseHold(t, req, p, available)
	}
	id, err := s.insertHold(t, req, api.HoldActive, p.now, key)
	if err != nil {
		return answer{}, err
	}
	if !s.guards.oneRowPerRequest && available >= 2*req.Qty && s.roomy.Add(1)%oneIn == 0 {
		if _, err := s.insertHold(t, req, api.HoldActive, p.now, nil); err != nil {
			return answer{}, err
		}
	}
	return created(api.HoldCreated{HoldID: id, ExpiresAt: p.now.Add(s.ttl)}), nil
}

// onOffer is how much of the available stock a hold may take: all of it.
func (s *shop) onOffer(available int64) int64 {
	const lastFew = 3
	if !s.guards.sellToTheLast && available < lastFew {
		return 0
	}
	return available
}

// refuseHold answers that the stock does not suffice, and writes nothing. Without the guard clean-refusal the row stays
// behind, in a state that reserves nothing and without a key: the trace is the only harm.
func (s *shop) refuseHold(t *txn, req api.HoldRequest, p product, available int64) (answer, error) {
	if !s.guards.cleanRefusal {
		if _, err := s.insertHold(t, req, api.HoldCanceled, p.now, nil); err != nil {
			return answer{}, err
		}
	}
	a := refusal(api.ProblemNotEnoughStock, fmt.Sprintf("%d wanted, %d available", req.Qty, available))
	body := a.body.(api.Problem)
	body.AvailableStock = &available
	a.body = body
	return a, nil
}

func (s *shop) insertHold(t *txn, req api.HoldRequest, status string, now time.Time, key []byte) (int64, error) {
	res, err := t.exec(s.st.insertHold, req.ProductID, req.Qty, status, now.Add(s.ttl), nullable(key), now, now)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// holdByKey answers a request whose key made a hold before.
func (s *shop) holdByKey(ctx context.Context, req api.HoldRequest, key []byte) (answer, bool, error) {
	var made api.HoldCreated
	var of api.HoldRequest
	found, err := query(ctx, s.st.holdByKey, []any{key}, &made.HoldID, &of.ProductID, &of.Qty, &made.ExpiresAt)
	if err != nil || !found {
		return answer{}, false, err
	}
	if of != req {
		return refusal(api.ProblemKeyReused, "the key made another hold"), true, nil
	}
	return created(made), true, nil
}

// replay turns the refusal or the duplicate of a keyed request into the first success, if there was one. The key is
// looked up AFTER the decision: whatever the decision saw of that success, the look-up sees too, so no request is
// refused for what it did itself. The unique key keeps a second row out.
func replay(key []byte, a answer, err error, byKey func() (answer, bool, error)) (answer, error) {
	duplicate := errors.Is(err, errDuplicate)
	if len(key) == 0 || !duplicate && (err != nil || !a.refused()) {
		return a, err
	}
	first, found, lookUpErr := byKey()
	switch {
	case lookUpErr != nil:
		return answer{}, lookUpErr
	case !found && duplicate:
		return answer{}, fmt.Errorf("%w: a key that was there is gone", errBusy)
	case !found:
		return a, err
	}
	first.replayed = !first.refused()
	return first, nil
}

// lockProduct takes the lock that everything with a claim on the product's stock must hold.
func (t *txn) lockProduct(st *statements, id int64) (exists bool, err error) {
	switch err := t.row(st.lockProduct, id).Scan(&id); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("locking product: %w", err)
	}
	return true, nil
}

// nullable stores no key as NULL, of which a unique index takes any number.
func nullable(key []byte) any {
	if len(key) == 0 {
		return nil
	}
	return key
}
