package decide_test

import (
	"maps"
	"testing"
	"time"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

const (
	holdID  = 7
	orderID = 70
	price   = 250
	ttl     = 2 * time.Minute
)

// shop is one product, at most one hold with at most one order, and what else the rule needs.
type shop struct {
	total, sold, held int64
	qty               int64  // of the hold; 0: there is none
	hold              string // its status
	lapsed            bool
	order             string // its order's status; empty: none
	events            map[string]decide.Event
	others            []*decide.Hold // other holds that have lapsed, oldest first
}

func (s shop) state() *decide.State {
	st := &decide.State{
		Now: now, TTL: ttl, LapsedKnown: true, Lapsed: s.others,
		Product: &decide.Product{ID: 1, Price: price, Total: s.total, Sold: s.sold, Held: s.held},
		Holds:   map[int64]*decide.Hold{}, Orders: map[int64]*decide.Order{},
		HoldKeys: map[string]decide.KeyedHold{}, OrderKeys: map[string]decide.KeyedOrder{}, Events: map[string]decide.Event{},
	}
	maps.Copy(st.Events, s.events)
	expires := now.Add(time.Microsecond)
	if s.lapsed {
		expires = now // expires_at > now is what reserves: at the very instant it has lapsed
	}
	if s.qty > 0 {
		st.Holds[holdID] = &decide.Hold{ID: holdID, Qty: s.qty, Status: s.hold, ExpiresAt: expires}
	}
	if s.order != "" {
		st.Orders[holdID] = &decide.Order{ID: orderID, HoldID: holdID, Qty: s.qty, TotalPrice: price * s.qty, Status: s.order}
	}
	for _, h := range s.others {
		st.Holds[h.ID] = h
	}
	return st
}

func lapsedHold(id, qty int64, status string) *decide.Hold {
	return &decide.Hold{ID: id, Qty: qty, Status: status, ExpiresAt: now.Add(-time.Duration(id) * time.Second)}
}

// after is what must be true when the command is decided.
type after struct {
	refusal, outcome string
	available        int64  // told with not-enough-stock
	hold, order      string // statuses; empty: there is none
	sold, held       int64
	newHolds         int
	newOrders        int
	newEvents        int
}

func success(key string) decide.Command {
	return decide.ApplyPayment{OrderID: orderID, HoldID: holdID, Payment: api.PaymentSuccess, Key: key, RawPayload: "{}"}
}

func failure(key string) decide.Command {
	return decide.ApplyPayment{OrderID: orderID, HoldID: holdID, Payment: api.PaymentFailure, Key: key, RawPayload: "{}"}
}

// rules is section 4 of the design, row by row.
var rules = map[string]struct {
	given   shop
	command decide.Command
	want    after
}{
	"hold, enough": {shop{total: 5, sold: 1, held: 2}, decide.CreateHold{Qty: 2},
		after{sold: 1, held: 4, newHolds: 1}},
	"hold, too many": {shop{total: 5, sold: 1, held: 2}, decide.CreateHold{Qty: 3},
		after{refusal: api.ProblemNotEnoughStock, available: 2, sold: 1, held: 2}},
	"hold, sold out": {shop{total: 5, sold: 5}, decide.CreateHold{Qty: 1},
		after{refusal: api.ProblemNotEnoughStock, sold: 5}},
	"hold, takes lapsed stock": {shop{total: 3, held: 3, others: []*decide.Hold{lapsedHold(1, 2, api.HoldActive), lapsedHold(2, 1, api.HoldUsed)}},
		decide.CreateHold{Qty: 3}, after{held: 3, newHolds: 1}},
	"hold, releases no more than it needs": {shop{total: 3, held: 3, others: []*decide.Hold{lapsedHold(1, 2, api.HoldActive), lapsedHold(2, 1, api.HoldUsed)}},
		decide.CreateHold{Qty: 1}, after{held: 2, newHolds: 1}},
	"hold, lapsed stock is not enough": {shop{total: 3, held: 3, others: []*decide.Hold{lapsedHold(1, 2, api.HoldActive)}},
		decide.CreateHold{Qty: 3}, after{refusal: api.ProblemNotEnoughStock, available: 2, held: 1}},

	"order": {shop{total: 5, held: 2, qty: 2, hold: api.HoldActive}, decide.CreateOrder{HoldID: holdID},
		after{hold: api.HoldUsed, order: api.OrderPending, held: 2, newOrders: 1}},
	"order, unknown hold": {shop{total: 5}, decide.CreateOrder{HoldID: holdID}, after{refusal: api.ProblemNotFound}},
	"order, lapsed": {shop{total: 5, held: 2, qty: 2, hold: api.HoldActive, lapsed: true}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldExpired, hold: api.HoldExpired}},
	"order, expired": {shop{total: 5, qty: 2, hold: api.HoldExpired, lapsed: true}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldExpired, hold: api.HoldExpired}},
	"order, used": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, order: api.OrderPending}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldAlreadyUsed, hold: api.HoldUsed, order: api.OrderPending, held: 2}},
	"order, used and lapsed": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, lapsed: true, order: api.OrderPending}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldAlreadyUsed, hold: api.HoldExpired, order: api.OrderPending}},
	"order, expired with an order": {shop{total: 5, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldAlreadyUsed, hold: api.HoldExpired, order: api.OrderPending}},
	"order, completed": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, order: api.OrderPaid}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldAlreadyUsed, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2}},
	"order, canceled": {shop{total: 5, qty: 2, hold: api.HoldCanceled, order: api.OrderCanceled}, decide.CreateOrder{HoldID: holdID},
		after{refusal: api.ProblemHoldCanceled, hold: api.HoldCanceled, order: api.OrderCanceled}},

	"sweep, lapsed": {shop{total: 5, held: 2, qty: 2, hold: api.HoldActive, lapsed: true}, decide.Release{HoldIDs: []int64{holdID}},
		after{hold: api.HoldExpired}},
	"sweep, lapsed with a pending order": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, lapsed: true, order: api.OrderPending}, decide.Release{HoldIDs: []int64{holdID}},
		after{hold: api.HoldExpired, order: api.OrderPending}},
	"sweep, not lapsed": {shop{total: 5, held: 2, qty: 2, hold: api.HoldActive}, decide.Release{HoldIDs: []int64{holdID}},
		after{hold: api.HoldActive, held: 2}},
	"sweep, completed long ago": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, lapsed: true, order: api.OrderPaid}, decide.Release{HoldIDs: []int64{holdID, 99}},
		after{hold: api.HoldCompleted, order: api.OrderPaid, sold: 2}},

	"success": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, order: api.OrderPending}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"late success, hold lapsed and not swept": {shop{total: 2, held: 2, qty: 2, hold: api.HoldUsed, lapsed: true, order: api.OrderPending}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"late success, stock left": {shop{total: 5, sold: 3, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 5, newEvents: 1}},
	"late success, takes other lapsed stock": {shop{total: 2, held: 2, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending,
		others: []*decide.Hold{lapsedHold(1, 2, api.HoldUsed)}}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"late success, sold to others": {shop{total: 5, sold: 4, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending}, success("k"),
		after{outcome: api.OutcomeRefundDue, hold: api.HoldExpired, order: api.OrderCanceled, sold: 4, newEvents: 1}},
	"late success, held by others": {shop{total: 5, held: 4, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending}, success("k"),
		after{outcome: api.OutcomeRefundDue, hold: api.HoldExpired, order: api.OrderCanceled, held: 4, newEvents: 1}},
	"success after failure, stock left": {shop{total: 2, qty: 2, hold: api.HoldCanceled, order: api.OrderCanceled}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"success after failure, sold to others": {shop{total: 2, sold: 1, qty: 2, hold: api.HoldCanceled, order: api.OrderCanceled}, success("k"),
		after{outcome: api.OutcomeRefundDue, hold: api.HoldCanceled, order: api.OrderCanceled, sold: 1, newEvents: 1}},
	"success of a canceled order whose hold expired": {shop{total: 2, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderCanceled}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"second charge": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, order: api.OrderPaid}, success("k"),
		after{outcome: api.OutcomeRefundDue, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"success, unknown order": {shop{total: 5}, success("k"), after{refusal: api.ProblemNotFound}},

	"failure": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, order: api.OrderPending}, failure("k"),
		after{outcome: api.OutcomeCanceled, hold: api.HoldCanceled, order: api.OrderCanceled, newEvents: 1}},
	"failure, hold expired": {shop{total: 5, qty: 2, hold: api.HoldExpired, lapsed: true, order: api.OrderPending}, failure("k"),
		after{outcome: api.OutcomeCanceled, hold: api.HoldExpired, order: api.OrderCanceled, newEvents: 1}},
	"failure, hold lapsed and not swept": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, lapsed: true, order: api.OrderPending}, failure("k"),
		after{outcome: api.OutcomeCanceled, hold: api.HoldExpired, order: api.OrderCanceled, newEvents: 1}},
	"failure of a paid order": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, order: api.OrderPaid}, failure("k"),
		after{outcome: api.OutcomeIgnored, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2, newEvents: 1}},
	"failure of a canceled order": {shop{total: 5, qty: 2, hold: api.HoldCanceled, order: api.OrderCanceled}, failure("k"),
		after{outcome: api.OutcomeIgnored, hold: api.HoldCanceled, order: api.OrderCanceled, newEvents: 1}},

	"event again": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, order: api.OrderPaid,
		events: map[string]decide.Event{"k": {OrderID: orderID, Payment: api.PaymentSuccess, Outcome: api.OutcomePaid}}}, success("k"),
		after{outcome: api.OutcomePaid, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2}},
	"event key with another status": {shop{total: 5, sold: 2, qty: 2, hold: api.HoldCompleted, order: api.OrderPaid,
		events: map[string]decide.Event{"k": {OrderID: orderID, Payment: api.PaymentSuccess, Outcome: api.OutcomePaid}}}, failure("k"),
		after{refusal: api.ProblemKeyReused, hold: api.HoldCompleted, order: api.OrderPaid, sold: 2}},
	"event key of another order": {shop{total: 5, held: 2, qty: 2, hold: api.HoldUsed, order: api.OrderPending,
		events: map[string]decide.Event{"k": {OrderID: 71, Payment: api.PaymentSuccess, Outcome: api.OutcomePaid}}}, success("k"),
		after{refusal: api.ProblemKeyReused, hold: api.HoldUsed, order: api.OrderPending, held: 2}},
}

func TestRules(t *testing.T) {
	for name, c := range rules {
		t.Run(name, func(t *testing.T) {
			state := c.given.state()
			round := decide.NewRound(state, []decide.Command{c.command})
			if !round.Run() {
				t.Fatal("asks for lapsed holds although all are known")
			}
			answer, changes := round.Answers()[0], round.Changes()
			got := after{refusal: answer.Refusal, outcome: answer.Outcome, available: answer.Available,
				sold: state.Product.Sold, held: state.Product.Held,
				newHolds: len(changes.NewHolds), newOrders: len(changes.NewOrders), newEvents: len(changes.NewEvents)}
			if h := state.Holds[holdID]; h != nil {
				got.hold = h.Status
			}
			if o := state.Orders[holdID]; o != nil {
				got.order = o.Status
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestNewRowsCarryWhatWasDecided(t *testing.T) {
	state := shop{total: 9, held: 2, qty: 2, hold: api.HoldActive}.state()
	round := decide.NewRound(state, []decide.Command{
		decide.CreateHold{Qty: 3, Key: "h"}, decide.CreateOrder{HoldID: holdID, Key: "o"},
	})
	if !round.Run() {
		t.Fatal("not decided")
	}
	changes, answers := round.Changes(), round.Answers()
	if want := (decide.NewHold{Qty: 3, Key: "h", ExpiresAt: now.Add(ttl)}); changes.NewHolds[0] != want {
		t.Errorf("hold %+v", changes.NewHolds[0])
	}
	if want := (decide.NewOrder{HoldID: holdID, Qty: 2, TotalPrice: 2 * price, Key: "o"}); changes.NewOrders[0] != want {
		t.Errorf("order %+v", changes.NewOrders[0])
	}
	if a := answers[0]; a.NewHold != 1 || !a.ExpiresAt.Equal(now.Add(ttl)) {
		t.Errorf("answer of the hold %+v", a)
	}
	if a := answers[1]; a.NewOrder != 1 || a.TotalPrice != 2*price || a.Qty != 2 || a.OrderStatus != api.OrderPending {
		t.Errorf("answer of the order %+v", a)
	}
}

func TestKeysWithinOneRound(t *testing.T) {
	state := shop{total: 10, held: 2, qty: 2, hold: api.HoldActive}.state()
	state.HoldKeys["old"] = decide.KeyedHold{ID: 3, ProductID: 1, Qty: 2, ExpiresAt: now}
	state.HoldKeys["elsewhere"] = decide.KeyedHold{ID: 4, ProductID: 2, Qty: 2, ExpiresAt: now}
	state.OrderKeys["old"] = decide.KeyedOrder{ID: 5, HoldID: 6, Qty: 1, TotalPrice: 8}
	commands := []decide.Command{
		decide.CreateHold{Qty: 1, Key: "new"}, decide.CreateHold{Qty: 1, Key: "new"}, decide.CreateHold{Qty: 2, Key: "new"},
		decide.CreateHold{Qty: 2, Key: "old"}, decide.CreateHold{Qty: 2, Key: "elsewhere"},
		decide.CreateOrder{HoldID: holdID, Key: "new"}, decide.CreateOrder{HoldID: holdID, Key: "new"},
		decide.CreateOrder{HoldID: holdID}, decide.CreateOrder{HoldID: 8, Key: "new"},
		decide.CreateOrder{HoldID: 6, Key: "old"}, decide.CreateOrder{HoldID: holdID, Key: "old"},
	}
	round := decide.NewRound(state, commands)
	if !round.Run() {
		t.Fatal("not decided")
	}
	type short struct {
		refusal           string
		replayed          bool
		newHold, newOrder int
		hold, order       int64
	}
	want := []short{
		{newHold: 1}, {newHold: 1, replayed: true}, {refusal: api.ProblemKeyReused},
		{hold: 3, replayed: true}, {refusal: api.ProblemKeyReused},
		{newOrder: 1}, {newOrder: 1, replayed: true},
		{refusal: api.ProblemHoldAlreadyUsed, newOrder: 1}, {refusal: api.ProblemKeyReused},
		{order: 5, replayed: true}, {refusal: api.ProblemKeyReused},
	}
	for i, a := range round.Answers() {
		if got := (short{a.Refusal, a.Replayed, a.NewHold, a.NewOrder, a.HoldID, a.OrderID}); got != want[i] {
			t.Errorf("%d %+v:\n got %+v\nwant %+v", i, commands[i], got, want[i])
		}
	}
}

func TestHoldsAreDecidedLast(t *testing.T) {
	state := shop{total: 2, held: 2, qty: 2, hold: api.HoldUsed, order: api.OrderPending}.state()
	round := decide.NewRound(state, []decide.Command{decide.CreateHold{Qty: 2}, failure("k")})
	if !round.Run() || round.Answers()[0].Refusal != "" {
		t.Errorf("the stock of a failed payment was not on sale in its own round: %+v", round.Answers()[0])
	}
}

func TestAsksForLapsedHoldsBeforeRefusing(t *testing.T) {
	state := shop{total: 2, held: 2, qty: 1, hold: api.HoldActive}.state()
	state.LapsedKnown = false
	round := decide.NewRound(state, []decide.Command{decide.CreateHold{Qty: 1}, decide.CreateHold{Qty: 1}})
	if round.Run() {
		t.Fatal("refused although lapsed holds were not looked for")
	}
	round.AddLapsed([]*decide.Hold{lapsedHold(3, 1, api.HoldActive)}, true)
	if !round.Run() {
		t.Fatal("asks again although all are known")
	}
	a := round.Answers()
	if a[0].Refusal != "" || a[1].Refusal != api.ProblemNotEnoughStock {
		t.Errorf("answers %+v", a)
	}
}

func TestAProductThatIsNotThere(t *testing.T) {
	state := &decide.State{Now: now, TTL: ttl, Holds: map[int64]*decide.Hold{}, Orders: map[int64]*decide.Order{},
		HoldKeys: map[string]decide.KeyedHold{"k": {ID: 1, ProductID: 2, Qty: 1}}}
	round := decide.NewRound(state, []decide.Command{decide.CreateHold{Qty: 1}, decide.CreateHold{Qty: 1, Key: "k"},
		decide.CreateOrder{HoldID: 1}, success("e"), decide.Release{HoldIDs: []int64{1}}})
	if !round.Run() || !round.Changes().Empty() {
		t.Fatal("something changed")
	}
	for i, want := range []string{api.ProblemNotFound, api.ProblemKeyReused, api.ProblemNotFound, api.ProblemNotFound, ""} {
		if got := round.Answers()[i].Refusal; got != want {
			t.Errorf("command %d: %q, want %q", i, got, want)
		}
	}
}
