package strawman

import (
	"time"

	"flashsale/internal/api"
)

// hold is what the decisions need of a hold's row.
type hold struct {
	productID int64
	qty       int64
	status    string
	expiresAt time.Time
}

// lapsed tells whether the hold has stopped reserving stock although nothing has marked it expired.
func (g guards) lapsed(h hold, now time.Time) bool {
	switch h.status {
	case api.HoldActive:
		return !h.expiresAt.After(now)
	case api.HoldUsed:
		return !h.expiresAt.After(now) && g.holdsLapse
	}
	return false
}

// refuseOrder names the problem that keeps a hold from being ordered; empty if nothing does. An expired hold that was
// ordered in time is `used` first of all: its buyer has an order, and may still pay for it.
func (g guards) refuseOrder(status string, lapsed, ordered bool) string {
	switch {
	case status == api.HoldCanceled:
		return api.ProblemHoldCanceled
	case ordered || status == api.HoldUsed || status == api.HoldCompleted:
		return api.ProblemHoldAlreadyUsed
	case (status == api.HoldExpired || lapsed) && g.expiryCheck:
		return api.ProblemHoldExpired
	}
	return ""
}

// totalPrice is what an order costs.
func (g guards) totalPrice(price, qty int64) int64 {
	if !g.exactPrice {
		return price
	}
	return price * qty
}

// purchase is an order and its hold as a payment event finds them. A hold that has lapsed is `expired` here, swept or
// not: the event meets it, and that settles it.
type purchase struct {
	order string
	hold  string
	qty   int64
}

// late tells whether a success comes when nothing is reserved for the order any more, so that it must ask for stock.
func (p purchase) late(payment string) bool {
	return payment == api.PaymentSuccess && p.order != api.OrderPaid &&
		!(p.order == api.OrderPending && p.hold == api.HoldUsed)
}

// released is how many units the purchase's hold, as its row has it, stops to reserve when it goes to a state. A payment
// leads to no state that reserves, but can leave the hold as it is.
func (p purchase) released(to string) int64 {
	if p.hold == api.HoldUsed && to != api.HoldUsed {
		return p.qty
	}
	return 0
}

// settlement is what a payment event does: its outcome, the states that follow, and the change of stock_sold.
type settlement struct {
	outcome string
	order   string
	hold    string
	sold    int64
}

// settle decides a payment event. available counts only for a late success; it excludes the order's own hold, which
// reserves nothing any more.
func (g guards) settle(p purchase, payment string, available int64) settlement {
	if payment == api.PaymentFailure {
		return g.settleFailure(p)
	}
	unchanged := settlement{outcome: api.OutcomeRefundDue, order: p.order, hold: p.hold}
	if p.order == api.OrderPaid {
		return unchanged
	}
	if p.late(payment) && available < p.qty && g.latePaymentRecheck {
		unchanged.order = api.OrderCanceled
		return unchanged
	}
	return settlement{outcome: api.OutcomePaid, order: api.OrderPaid, hold: api.HoldCompleted, sold: p.qty}
}

func (g guards) settleFailure(p purchase) settlement {
	switch {
	case p.order == api.OrderPending:
		canceled := settlement{outcome: api.OutcomeCanceled, order: api.OrderCanceled, hold: p.hold}
		if p.hold == api.HoldUsed {
			canceled.hold = api.HoldCanceled
		}
		if !g.exactRelease {
			canceled.sold = -p.qty
		}
		return canceled
	case p.order == api.OrderPaid && !g.paidIsFinal:
		return settlement{outcome: api.OutcomeCanceled, order: api.OrderCanceled, hold: api.HoldCanceled, sold: -p.qty}
	}
	return settlement{outcome: api.OutcomeIgnored, order: p.order, hold: p.hold}
}
