package server

import (
	"context"
	"errors"
	"strconv"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/server/internal/coalesce"
	"flashsale/server/internal/decide"
	"flashsale/server/internal/ledger"
)

// problem is a refusal in the making: an HTTP status, a type of package api, and what to do about it.
type problem struct {
	status int
	kind   string
	detail string
}

// refusals are the problems that package decide can answer.
var refusals = map[string]problem{
	api.ProblemNotFound: {fasthttp.StatusNotFound, api.ProblemNotFound, "no such product, hold or order"},
	api.ProblemNotEnoughStock: {fasthttp.StatusConflict, api.ProblemNotEnoughStock,
		"fewer units are available than asked for"},
	api.ProblemHoldAlreadyUsed: {fasthttp.StatusConflict, api.ProblemHoldAlreadyUsed,
		"this hold was turned into an order before"},
	api.ProblemHoldExpired:  {fasthttp.StatusConflict, api.ProblemHoldExpired, "the hold has lapsed: take another one"},
	api.ProblemHoldCanceled: {fasthttp.StatusConflict, api.ProblemHoldCanceled, "the hold was canceled with its order"},
	api.ProblemKeyReused: {fasthttp.StatusUnprocessableEntity, api.ProblemKeyReused,
		"this idempotency key was used for another request"},
}

var titles = map[string]string{
	api.ProblemMalformed:       "Malformed request",
	api.ProblemSignature:       "Invalid webhook signature",
	api.ProblemNotFound:        "Not found",
	api.ProblemMethod:          "Method not allowed",
	api.ProblemNotEnoughStock:  "Not enough stock",
	api.ProblemHoldAlreadyUsed: "Hold already used",
	api.ProblemHoldExpired:     "Hold expired",
	api.ProblemHoldCanceled:    "Hold canceled",
	api.ProblemTooLarge:        "Request too large",
	api.ProblemInvalid:         "Invalid request",
	api.ProblemKeyReused:       "Idempotency key reused",
	api.ProblemInternal:        "Internal error",
	api.ProblemOverloaded:      "Overloaded",
	api.ProblemOutcomeUnknown:  "Outcome unknown",
}

func notFound(detail string) problem {
	return problem{fasthttp.StatusNotFound, api.ProblemNotFound, detail}
}

func invalid(detail string) problem {
	return problem{fasthttp.StatusUnprocessableEntity, api.ProblemInvalid, detail}
}

func tooLarge() problem {
	return problem{fasthttp.StatusRequestEntityTooLarge, api.ProblemTooLarge,
		"a body may have " + strconv.Itoa(api.BodyBytesMax) + " bytes"}
}

// badBody tells 400 from 422.
func badBody(err error) problem {
	if errors.Is(err, errMalformed) {
		return problem{fasthttp.StatusBadRequest, api.ProblemMalformed, err.Error()}
	}
	return invalid(err.Error())
}

// failure turns an error of the ledger or of a read into a problem. A read has no effect, so one that
// found no connection or no time is `overloaded` too.
func failure(err error) problem {
	switch {
	case errors.Is(err, ledger.ErrOutcomeUnknown):
		return problem{fasthttp.StatusGatewayTimeout, api.ProblemOutcomeUnknown,
			"the request may have taken effect: send it again with the same idempotency key"}
	case errors.Is(err, ledger.ErrPoisoned):
		return problem{fasthttp.StatusInternalServerError, api.ProblemInternal, "the database refuses this request"}
	case errors.Is(err, ledger.ErrOverloaded), errors.Is(err, coalesce.ErrFull),
		errors.Is(err, context.DeadlineExceeded), isRead(err):
		return problem{fasthttp.StatusServiceUnavailable, api.ProblemOverloaded,
			"the request had no effect: send it again later"}
	}
	return problem{fasthttp.StatusInternalServerError, api.ProblemInternal, "the request failed"}
}

func answerProblem(ctx *fasthttp.RequestCtx, p problem) { answerProblemWith(ctx, p, nil, nil) }

// answerRefusal answers a refusal of package decide with the figure that belongs to it.
func answerRefusal(ctx *fasthttp.RequestCtx, a decide.Answer) {
	p := refusals[a.Refusal]
	switch a.Refusal {
	case api.ProblemNotEnoughStock:
		answerProblemWith(ctx, p, &a.Available, nil)
	case api.ProblemHoldAlreadyUsed:
		answerProblemWith(ctx, p, nil, &a.OrderID)
	default:
		answerProblem(ctx, p)
	}
}

func answerProblemWith(ctx *fasthttp.RequestCtx, p problem, available, orderID *int64) {
	if p.status == fasthttp.StatusServiceUnavailable {
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, retryAfterValue)
	}
	sendProblem(ctx, api.Problem{Type: p.kind, Title: titles[p.kind], Status: p.status,
		Detail: p.detail, AvailableStock: available, OrderID: orderID})
}
