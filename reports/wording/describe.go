package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"flashsale/internal/evidence"
)

// Operation says in one line who asked for what, what came back, and after how long.
func (n *Narrator) Operation(op *evidence.Operation) string {
	return fmt.Sprintf("%s -> %s (%s, #%d)", asked(op, n.Key(op.Key)), Answer(op),
		Latency(time.Duration(op.Return-op.Call)), op.ID)
}

// ShortOperation says who asked for what and what came back, without key and times, for plots and pages.
func ShortOperation(op *evidence.Operation) string { return asked(op, "") + " → " + Answer(op) }

// asked says who asked for what, under the key if it is to be told.
func asked(op *evidence.Operation, key string) string {
	who := fmt.Sprintf("buyer %d", op.Actor)
	if op.Actor == 0 {
		who = "the run"
	}
	request, id := endpoint(op)
	all := append([]string{who, request}, numbers(id...)...)
	all = append(all, words(word{"", op.Payment}, word{"key", key}, word{"tampered:", op.Tamper})...)
	if op.Attempt > 1 {
		all = append(all, fmt.Sprintf("attempt %d", op.Attempt))
	}
	return strings.Join(all, " ")
}

// endpoint is what an operation called, and what it named in the body.
func endpoint(op *evidence.Operation) (request string, body []number) {
	switch op.Kind {
	case evidence.ReadProduct:
		return fmt.Sprintf("GET /api/products/%d", op.ProductID), nil
	case evidence.ReadHold:
		return fmt.Sprintf("GET /api/holds/%d", op.HoldID), nil
	case evidence.ReadOrder:
		return fmt.Sprintf("GET /api/orders/%d", op.OrderID), nil
	case evidence.CreateHold:
		return "POST /api/holds", []number{{"product", op.ProductID}, {"qty", op.Qty}}
	case evidence.CreateOrder:
		return "POST /api/orders", []number{{"hold", op.HoldID}}
	case evidence.SendWebhook:
		return "POST /api/payments/webhook", []number{{"order", op.OrderID}}
	default:
		return op.Kind, nil
	}
}

// Answer says what an attempt brought back.
func Answer(op *evidence.Operation) string {
	var got []string
	if op.HTTPStatus != 0 {
		got = append(got, strconv.Itoa(int(op.HTTPStatus)))
	}
	got = append(got, words(word{"", op.Problem}, word{"", op.Error})...)
	got = append(got, numbers(number{"hold", op.GotHoldID}, number{"order", op.GotOrderID},
		number{"qty", op.GotQty}, number{"total", op.GotTotal})...)
	// Zero units available is news where the answer was about stock.
	aboutStock := op.Kind == evidence.ReadProduct && op.Outcome == evidence.OK || op.Problem == "not-enough-stock"
	if aboutStock || op.GotAvailable != 0 {
		got = append(got, fmt.Sprintf("available %d", op.GotAvailable))
	}
	got = append(got, words(word{"", op.GotStatus}, word{"outcome", op.GotOutcome})...)
	if op.Kind == evidence.SendWebhook && op.Outcome == evidence.OK && !op.GotHandled {
		got = append(got, "already processed")
	}
	if op.Replayed {
		got = append(got, "replayed")
	}
	if len(got) == 0 {
		return op.Outcome
	}
	return strings.Join(got, " ")
}

// number and word are one named detail of a request or an answer; zero and empty ones go unsaid.
type (
	number struct {
		name  string
		value int64
	}
	word struct{ name, value string }
)

func numbers(all ...number) []string {
	var out []string
	for _, n := range all {
		if n.value != 0 {
			out = append(out, fmt.Sprintf("%s %d", n.name, n.value))
		}
	}
	return out
}

// words leaves out the name where the value speaks for itself.
func words(all ...word) []string {
	var out []string
	for _, w := range all {
		if w.value != "" {
			out = append(out, strings.TrimSpace(w.name+" "+w.value))
		}
	}
	return out
}
