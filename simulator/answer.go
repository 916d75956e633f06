package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"syscall"

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

// The statuses that mean something by themselves: 401 and 422 say that a delivery is wrong and need not
// come again.
const (
	statusUnauthorized  = 401
	statusNotFound      = 404
	statusUnprocessable = 422
	statusUnavailable   = 503
)

// readAnswer says what the client may conclude from an answer: see evidence.Outcome.
func readAnswer(op *evidence.Operation, status int, body []byte) {
	op.HTTPStatus = int32(status)
	switch {
	case status >= 200 && status < 300:
		op.Outcome = evidence.OK
		if !readBody(op, body) {
			op.Outcome, op.Error = evidence.Unknown, errorUnreadable
		}
	case status >= 400:
		readProblem(op, body)
	default:
		op.Outcome, op.Error = evidence.Unknown, errorUnreadable
	}
}

// transportError names what went wrong when there was no answer.
func transportError(err error) string {
	var timeout net.Error
	var network *net.OpError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errorTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return errorReset
	case errors.As(err, &network) && network.Op == "dial":
		return errorRefused
	}
	return errorUnreadable
}

// readProblem reads a 4xx or 5xx. A problem that cannot be parsed still has its status.
func readProblem(op *evidence.Operation, body []byte) {
	var p api.Problem
	readInto(body, scanProblem, func(read api.Problem) bool { p = read; return true })
	op.Problem = p.Type
	op.Outcome = evidence.Refused
	if op.HTTPStatus >= 500 && (op.HTTPStatus != statusUnavailable || p.Type != api.ProblemOverloaded) {
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
		return readInto(body, scanProduct, func(a api.Product) bool {
			op.GotProductID, op.GotPrice, op.GotAvailable = a.ID, a.Price, a.AvailableStock
			return a.ID != 0
		})
	case evidence.CreateHold:
		return readInto(body, scanHoldCreated, func(a api.HoldCreated) bool {
			op.GotHoldID, op.GotExpiresAt = a.HoldID, a.ExpiresAt.UnixMicro()
			return a.HoldID != 0 && !a.ExpiresAt.IsZero()
		})
	case evidence.CreateOrder:
		return readInto(body, scanOrderCreated, func(a api.OrderCreated) bool {
			op.GotOrderID, op.GotStatus, op.GotQty, op.GotTotal = a.OrderID, a.Status, a.Qty, a.TotalPrice
			return a.OrderID != 0 && a.Status != ""
		})
	case evidence.ReadHold:
		return readInto(body, scanHold, func(a api.Hold) bool {
			op.GotHoldID, op.GotProductID, op.GotQty, op.GotStatus = a.HoldID, a.ProductID, a.Qty, a.Status
			op.GotExpiresAt = a.ExpiresAt.UnixMicro()
			return a.HoldID != 0 && a.Status != "" && !a.ExpiresAt.IsZero()
		})
	case evidence.ReadOrder:
		return readInto(body, scanOrder, func(a api.Order) bool {
			op.GotOrderID, op.GotProductID, op.GotHoldID, op.GotQty = a.OrderID, a.ProductID, a.HoldID, a.Qty
			op.GotTotal, op.GotStatus = a.TotalPrice, a.Status
			return a.OrderID != 0 && a.Status != ""
		})
	}
	return readInto(body, scanWebhookAnswer, func(a api.WebhookAnswer) bool {
		op.GotStatus, op.GotOutcome, op.GotHandled = a.OrderStatus, a.Outcome, a.Message == api.MessagePaymentHandled
		return a.OrderStatus != "" && a.Outcome != "" && (op.GotHandled || a.Message == api.MessageAlreadyProcessed)
	})
}

// readInto reads a body: the quick way if it is as plain as answers are, else as encoding/json does.
func readInto[T any](body []byte, scan func([]byte) (T, bool), take func(T) bool) bool {
	if answer, plain := scan(body); plain {
		return take(answer)
	}
	var answer T
	return json.Unmarshal(body, &answer) == nil && take(answer)
}
