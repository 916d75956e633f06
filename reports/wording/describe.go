package wording

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// Case says in one line when a case happened, to what, and what was found instead of what.
func Case(c *checker.Case) string {
	var where []string
	if c.AtNS != 0 {
		where = append(where, "at "+Latency(time.Duration(c.AtNS)))
	}
	if c.AtUS != 0 {
		where = append(where, "at "+time.UnixMicro(c.AtUS).UTC().Format("15:04:05.000000")+" by the database")
	}
	for _, name := range slices.Sorted(maps.Keys(c.IDs)) {
		where = append(where, fmt.Sprintf("%s %d", name, c.IDs[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Values)) {
		where = append(where, fmt.Sprintf("%s %s", name, c.Values[name]))
	}
	what := fmt.Sprintf("expected %s, found %s", c.Expected, c.Found)
	if len(where) == 0 {
		return what
	}
	return strings.Join(where, ", ") + ": " + what
}

// Operation says in one line who asked for what, what came back, and when.
func Operation(op *evidence.Operation) string {
	return fmt.Sprintf("%s -> %s, at %s, took %s", asked(op, op.Key), Answer(op),
		Latency(time.Duration(op.Call)), Latency(time.Duration(op.Return-op.Call)))
}

// asked says who asked for what, under the key if it is to be told.
func asked(op *evidence.Operation, key string) string {
	who := fmt.Sprintf("#%d buyer %d", op.ID, op.Actor)
	if op.Actor == 0 {
		who = fmt.Sprintf("#%d the run", op.ID)
	}
	all := append([]string{who, op.Kind}, numbers(number{"product", op.ProductID}, number{"qty", op.Qty},
		number{"hold", op.HoldID}, number{"order", op.OrderID})...)
	all = append(all, words(word{"payment", op.Payment}, word{"key", key}, word{"tampered:", op.Tamper})...)
	if op.Attempt > 1 {
		all = append(all, fmt.Sprintf("attempt %d", op.Attempt))
	}
	return strings.Join(all, " ")
}

// ShortOperation says who asked for what and what came back, without key and times, for plots and pages.
func ShortOperation(op *evidence.Operation) string {
	return fmt.Sprintf("%s → %s", asked(op, ""), Answer(op))
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
	// Zero units available is news where the question was about stock.
	if op.Kind == evidence.ReadProduct && op.Outcome == evidence.OK || op.GotAvailable != 0 {
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

// Row says in one line what the database held; its times are in verdict.json.
func Row(r *checker.Row) string {
	switch {
	case r.Product != nil:
		return fmt.Sprintf("row: product %d, total %d, sold %d", r.Product.ID, r.Product.StockTotal, r.Product.StockSold)
	case r.Hold != nil:
		return fmt.Sprintf("row: hold %d, product %d, qty %d, %s", r.Hold.ID, r.Hold.ProductID, r.Hold.Qty, r.Hold.Status)
	case r.Order != nil:
		return fmt.Sprintf("row: order %d, hold %d, qty %d, total %d, %s",
			r.Order.ID, r.Order.HoldID, r.Order.Qty, r.Order.TotalPrice, r.Order.Status)
	case r.Event != nil:
		return fmt.Sprintf("row: payment event %d, order %d, key %s, %s, outcome %s",
			r.Event.ID, r.Event.OrderID, r.Event.Key, r.Event.Payment, r.Event.Outcome)
	default:
		return "row: of an unknown table"
	}
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
