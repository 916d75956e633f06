package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
)

// What went wrong when there was no answer, or none that could be read.
const (
	errorTimeout    = "timeout"
	errorReset      = "reset"
	errorRefused    = "refused" // no connection came about
	errorUnreadable = "unreadable"
)

// readAnswer says what the client may conclude from an attempt: see evidence.Outcome.
func readAnswer(op *evidence.Operation, resp *fasthttp.Response, err error) {
	if err != nil {
		op.Outcome, op.Error = evidence.Unknown, transportError(err)
		return
	}
	status := resp.StatusCode()
	op.HTTPStatus = int32(status)
	op.Replayed = string(resp.Header.Peek(api.HeaderIdempotentReplayed)) == "true"
	switch {
	case status >= 200 && status < 300:
		op.Outcome = evidence.OK
		if !readBody(op, resp.Body()) {
			op.Outcome, op.Error = evidence.Unknown, errorUnreadable
		}
	case status >= 400:
		readProblem(op, resp.Body())
	default:
		op.Outcome, op.Error = evidence.Unknown, errorUnreadable
	}
}

func transportError(err error) string {
	var timeout net.Error
	var network *net.OpError
	switch {
	case errors.Is(err, fasthttp.ErrTimeout), errors.As(err, &timeout) && timeout.Timeout():
		return errorTimeout
	case errors.Is(err, fasthttp.ErrConnectionClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.Canceled):
		return errorReset
	case errors.As(err, &network) && network.Op == "dial":
		return errorRefused
	}
	return errorUnreadable
}

// readProblem reads a 4xx or 5xx. A problem that cannot be parsed still has its status.
func readProblem(op *evidence.Operation, body []byte) {
	var p api.Problem
	if json.Unmarshal(body, &p) == nil {
		op.Problem = p.Type
	}
	op.Outcome = evidence.Refused
	if op.HTTPStatus >= 500 && (op.HTTPStatus != fasthttp.StatusServiceUnavailable || p.Type != api.ProblemOverloaded) {
		op.Outcome = evidence.Unknown
	}
	if p.AvailableStock != nil {
		op.GotAvailable = *p.AvailableStock
	}
	if p.OrderID != nil {
		op.GotOrderID = *p.OrderID
	}
}

// readBody reads a 2xx and says whether everything that must be there was.
func readBody(op *evidence.Operation, body []byte) bool {
	switch op.Kind {
	case evidence.ReadProduct:
		return readInto(body, func(a *api.Product) bool {
			op.GotProductID, op.GotPrice, op.GotAvailable = a.ID, a.Price, a.AvailableStock
			return a.ID != 0
		})
	case evidence.CreateHold:
		return readInto(body, func(a *api.HoldCreated) bool {
			op.GotHoldID, op.GotExpiresAt = a.HoldID, a.ExpiresAt.UnixMicro()
			return a.HoldID != 0 && !a.ExpiresAt.IsZero()
		})
	case evidence.CreateOrder:
		return readInto(body, func(a *api.OrderCreated) bool {
			op.GotOrderID, op.GotStatus, op.GotQty, op.GotTotal = a.OrderID, a.Status, a.Qty, a.TotalPrice
			return a.OrderID != 0 && a.Status != ""
		})
	case evidence.ReadHold:
		return readInto(body, func(a *api.Hold) bool {
			op.GotHoldID, op.GotProductID, op.GotQty, op.GotStatus = a.HoldID, a.ProductID, a.Qty, a.Status
			op.GotExpiresAt = a.ExpiresAt.UnixMicro()
			return a.HoldID != 0 && a.Status != "" && !a.ExpiresAt.IsZero()
		})
	case evidence.ReadOrder:
		return readInto(body, func(a *api.Order) bool {
			op.GotOrderID, op.GotProductID, op.GotHoldID, op.GotQty = a.OrderID, a.ProductID, a.HoldID, a.Qty
			op.GotTotal, op.GotStatus = a.TotalPrice, a.Status
			return a.OrderID != 0 && a.Status != ""
		})
	}
	return readInto(body, func(a *api.WebhookAnswer) bool {
		op.GotStatus, op.GotOutcome, op.GotHandled = a.OrderStatus, a.Outcome, a.Message == api.MessagePaymentHandled
		return a.OrderStatus != "" && a.Outcome != "" && (op.GotHandled || a.Message == api.MessageAlreadyProcessed)
	})
}

func readInto[T any](body []byte, take func(*T) bool) bool {
	var answer T
	return json.Unmarshal(body, &answer) == nil && take(&answer)
}
