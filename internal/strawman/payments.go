package strawman

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/api"
)

// handlePayment gives a payment event its one effect. The key is looked up first, without locks; a delivery that
// slipped in between is met by the unique key, and then the look-up answers after all.
func (s *shop) handlePayment(ctx context.Context, ev api.Webhook, raw []byte) (answer, error) {
	at, a, known, err := s.lookUpEvent(ctx, ev)
	if err != nil || known {
		return a, err
	}
	a, err = s.transact(ctx, func(t *txn) (answer, error) { return s.settlePayment(t, ev, at, raw) })
	if !errors.Is(err, errDuplicate) {
		return a, err
	}
	if _, a, known, err = s.lookUpEvent(ctx, ev); err == nil && !known {
		err = fmt.Errorf("%w: an event that was there is gone", errBusy)
	}
	return a, err
}

// place is where an order's locks are: facts of its row that never change.
type place struct{ productID, holdID int64 }

// lookUpEvent answers an event whose key is known or whose order is not; for any other it says what to lock.
func (s *shop) lookUpEvent(ctx context.Context, ev api.Webhook) (at place, a answer, known bool, err error) {
	var productID, holdID, orderID sql.NullInt64
	var status, outcome, orderStatus sql.NullString
	_, err = query(ctx, s.st.lookUpEvent, []any{ev.OrderID, []byte(ev.IdempotencyKey)},
		&productID, &holdID, &orderID, &status, &outcome, &orderStatus)
	switch {
	case err != nil:
		return place{}, answer{}, false, err
	case orderID.Valid && (orderID.Int64 != ev.OrderID || status.String != ev.Status):
		return place{}, refusal(api.ProblemKeyReused, "the key came with another order or status"), true, nil
	case orderID.Valid:
		return place{}, ok(api.WebhookAnswer{
			Message: api.MessageAlreadyProcessed, OrderStatus: orderStatus.String, Outcome: outcome.String,
		}), true, nil
	case !productID.Valid:
		return place{}, refusal(api.ProblemNotFound, fmt.Sprintf("no order %d", ev.OrderID)), true, nil
	}
	return place{productID.Int64, holdID.Int64}, answer{}, false, nil
}

// settlePayment is the transaction: lock product, hold and order, read the time, decide, write event and effects.
func (s *shop) settlePayment(t *txn, ev api.Webhook, at place, raw []byte) (answer, error) {
	p, now, err := s.lockPurchase(t, ev.OrderID, at)
	if err != nil {
		return answer{}, err
	}
	met := p // as it counts: a lapsed hold is expired
	if s.guards.lapsed(hold{status: p.hold, expiresAt: p.expiresAt}, now) {
		met.hold = api.HoldExpired
	}
	var available int64
	if met.late(ev.Status) {
		stock, err := t.readProduct(s.st, at.productID)
		if err != nil {
			return answer{}, err
		}
		// The stock was counted at a later moment than the lapse was found; that moment decides.
		now, available = stock.now, stock.AvailableStock
	}
	to := s.guards.settle(met.purchase, ev.Status, available)
	handled := ok(api.WebhookAnswer{
		Message: api.MessagePaymentHandled, OrderStatus: to.order, Outcome: to.outcome,
	})
	if met.late(ev.Status) && !s.guards.latePaymentAnswered {
		return handled, nil
	}
	if _, err := t.exec(s.st.insertEvent,
		ev.OrderID, []byte(ev.IdempotencyKey), ev.Status, to.outcome, string(raw), now, now); err != nil {
		return answer{}, fmt.Errorf("inserting event: %w", err)
	}
	if err := s.oneTransaction(t, ev.OrderID, at); err != nil {
		return answer{}, err
	}
	return handled, s.apply(t, ev.OrderID, at, p.purchase, to, now)
}

// lockedPurchase is a purchase as its rows have it, with the time at which its hold lapses.
type lockedPurchase struct {
	purchase
	expiresAt time.Time
}

func (s *shop) lockPurchase(t *txn, orderID int64, at place) (p lockedPurchase, now time.Time, err error) {
	if _, err := t.lockProduct(s.st, at.productID); err != nil {
		return p, now, err
	}
	if err := t.row(s.st.lockHoldOrder, orderID, at.holdID).Scan(&p.hold, &p.expiresAt, &p.order, &p.qty); err != nil {
		return p, now, fmt.Errorf("locking hold and order: %w", err)
	}
	if err := t.row(s.st.now).Scan(&now); err != nil {
		return p, now, fmt.Errorf("reading the time: %w", err)
	}
	return p, now, nil
}

// oneTransaction keeps the event and its effects together. Without the guard the event is committed here, and the
// effects follow in a transaction of their own, behind locks taken anew and in order: a deadlock would lose them.
func (s *shop) oneTransaction(t *txn, orderID int64, at place) error {
	if s.guards.oneTransaction {
		return nil
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("committing the event alone: %w", err)
	}
	next, err := s.begin(t.ctx)
	if err != nil {
		return err
	}
	t.Tx = next.Tx
	_, _, err = s.lockPurchase(t, orderID, at)
	return err
}

// apply writes what the event changes, and only that: a row that keeps its state keeps the time of its last decision.
func (s *shop) apply(t *txn, orderID int64, at place, from purchase, to settlement, now time.Time) error {
	if to.order != from.order {
		if _, err := t.exec(s.st.setOrder, to.order, now, orderID); err != nil {
			return fmt.Errorf("updating order: %w", err)
		}
	}
	if to.hold != from.hold {
		if err := s.setHold(t, at.holdID, to.hold, now); err != nil {
			return err
		}
	}
	return s.reserved.settle(t, at.productID, to.sold, from.released(to.hold), now)
}
