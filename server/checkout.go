package server

import (
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// idMax bounds ids in bodies: whatever fits BIGINT.
const idMax = 1<<63 - 1

// idempotencyKey reads the header; an absent one is an empty key.
func idempotencyKey(ctx *fasthttp.RequestCtx) (string, *problem) {
	values := ctx.Request.Header.PeekAll(api.HeaderIdempotencyKey)
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		p := invalid(api.HeaderIdempotencyKey + " is given more than once")
		return "", &p
	}
	key := string(values[0])
	if err := keyLength(key); err != nil {
		p := invalid(api.HeaderIdempotencyKey + " " + err.Error())
		return "", &p
	}
	return key, nil
}

func (s *Server) createHold(ctx *fasthttp.RequestCtx) {
	var productID, qty int64
	err := parseBody(ctx.Request.Body(),
		integer("product_id", 1, idMax, &productID), integer("qty", 1, s.cfg.MaxQty, &qty))
	if err != nil {
		answerProblem(ctx, badBody(err))
		return
	}
	key, bad := idempotencyKey(ctx)
	if bad != nil {
		answerProblem(ctx, *bad)
		return
	}
	until := s.patience()
	if available, short := s.scarce.short(until, productID, qty, key); short {
		answerRefusal(ctx, decide.Answer{Refusal: api.ProblemNotEnoughStock, Available: available})
		return
	}
	a, ok := s.apply(ctx, until, key, s.reads.holdKeyUsed, func(until time.Time) (int64, decide.Command, bool, error) {
		known, err := s.routes.productExists(until, productID)
		return productID, decide.CreateHold{Qty: qty, Key: key}, known, err
	})
	if !ok {
		if a.Refusal == api.ProblemNotEnoughStock {
			s.scarce.learn(productID)
		}
		return
	}
	s.routes.learnHold(a.HoldID, productID)
	markReplay(ctx, a)
	answerHold(ctx, api.HoldCreated{HoldID: a.HoldID, ExpiresAt: a.ExpiresAt})
}

func (s *Server) createOrder(ctx *fasthttp.RequestCtx) {
	var holdID int64
	if err := parseBody(ctx.Request.Body(), integer("hold_id", 1, idMax, &holdID)); err != nil {
		answerProblem(ctx, badBody(err))
		return
	}
	key, bad := idempotencyKey(ctx)
	if bad != nil {
		answerProblem(ctx, *bad)
		return
	}
	var productID int64
	a, ok := s.apply(ctx, s.patience(), key, s.reads.orderKeyUsed, func(until time.Time) (int64, decide.Command, bool, error) {
		found, known, err := s.routes.productOfHold(until, holdID)
		productID = found
		return productID, decide.CreateOrder{HoldID: holdID, Key: key}, known, err
	})
	if !ok {
		return
	}
	s.routes.learnOrder(a.OrderID, orderRoute{productID: productID, holdID: holdID})
	markReplay(ctx, a)
	answerOrder(ctx, api.OrderCreated{OrderID: a.OrderID, Status: a.OrderStatus,
		Qty: a.Qty, TotalPrice: a.TotalPrice})
}

func (s *Server) payment(ctx *fasthttp.RequestCtx) {
	body := ctx.Request.Body()
	if err := s.verifier.verify(body, &ctx.Request.Header); err != nil {
		answerProblem(ctx, problem{fasthttp.StatusUnauthorized, api.ProblemSignature, err.Error()})
		return
	}
	var orderID int64
	var status, key string
	err := parseBody(body, integer("order_id", 1, idMax, &orderID), text("status", &status, paymentStatus),
		text("idempotency_key", &key, keyLength))
	if err != nil {
		answerProblem(ctx, badBody(err))
		return
	}
	until := s.patience()
	if e, known := s.deliveries.handled(until, key); known {
		answerRepeated(ctx, e, orderID, status)
		return
	}
	a, ok := s.apply(ctx, until, key, s.reads.eventKeyUsed, func(until time.Time) (int64, decide.Command, bool, error) {
		route, known, err := s.routes.orderRoute(until, orderID)
		return route.productID, decide.ApplyPayment{OrderID: orderID, HoldID: route.holdID,
			Payment: status, Key: key, RawPayload: string(body)}, known, err
	})
	if !ok {
		return
	}
	s.deliveries.learn(key)
	message := api.MessagePaymentHandled
	if a.Replayed {
		message = api.MessageAlreadyProcessed
	}
	answerWebhook(ctx, api.WebhookAnswer{Message: message, OrderStatus: a.OrderStatus, Outcome: a.Outcome})
}

// finder says which product a request is for, and the command, unless it names something that does not exist.
type finder func(until time.Time) (productID int64, c decide.Command, known bool, err error)

// patience is when a request that has just come must be answered. Whatever is read before its transaction is part of
// the wait.
func (s *Server) patience() time.Time { return time.Now().Add(s.cfg.RequestTimeout) }

// apply brings a command to its product's next transaction, and answers everything but success. used tells
// whether there is a request under a key.
func (s *Server) apply(ctx *fasthttp.RequestCtx, until time.Time, key string, used func(time.Time, string) (bool, error),
	find finder) (decide.Answer, bool) {
	productID, command, known, err := find(until)
	reused := false
	if err == nil && !known && key != "" {
		// A keyed request is never refused unlooked. The key may even be its own: what it names may have been made
		// since, and another attempt at it served. Nothing is ever deleted, so a second look tells.
		if reused, err = used(until, key); err == nil && reused {
			productID, command, known, err = find(until)
		}
	}
	switch {
	case err != nil:
		answerProblem(ctx, failure(err))
		return decide.Answer{}, false
	case !known && reused:
		answerProblem(ctx, refusals[api.ProblemKeyReused])
		return decide.Answer{}, false
	case !known:
		answerProblem(ctx, refusals[api.ProblemNotFound])
		return decide.Answer{}, false
	}
	a, err := s.decider.SubmitBy(until, productID, command)
	switch {
	case err != nil:
		answerProblem(ctx, failure(err))
		return a, false
	case a.Refusal != "":
		answerRefusal(ctx, a)
		return a, false
	}
	return a, true
}

// markReplay says that an answer repeats the first success of its key.
func markReplay(ctx *fasthttp.RequestCtx, a decide.Answer) {
	if a.Replayed {
		ctx.Response.Header.Set(api.HeaderIdempotentReplayed, "true")
	}
}
