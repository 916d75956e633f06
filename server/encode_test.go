package server

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// What is written by hand says what encoding/json would, whatever the text in it.
func TestAnswersByHandSayTheSame(t *testing.T) {
	for _, text := range []string{"", "Phone", `a "quoted" \ name`, "<b>&amp;</b>", "tab\tline\n\u0001", "schön 🎉", "broken \xff end"} {
		at := time.Date(2026, 11, 22, 10, 30, 0, 123456000, time.UTC)
		left, order := int64(-3), int64(1)<<62
		wantSame(t, answerHold, api.HoldCreated{HoldID: 1 << 62, ExpiresAt: at})
		wantSame(t, answerHold, api.HoldCreated{HoldID: 1, ExpiresAt: at.Truncate(time.Second)})
		wantSame(t, answerOrder, api.OrderCreated{OrderID: 7, Status: text, Qty: 2, TotalPrice: 1 << 60})
		wantSame(t, answerWebhook, api.WebhookAnswer{Message: text, OrderStatus: text, Outcome: text})
		wantSame(t, answerProduct, api.Product{ID: 3, Name: text, Price: 0, AvailableStock: left})
		wantSame(t, sendProblem, api.Problem{Type: "not-found", Title: text, Status: 404, Detail: text})
		wantSame(t, sendProblem, api.Problem{Type: text, Title: "x", Status: 409, AvailableStock: &left, OrderID: &order})
	}
}

func wantSame[V any](t *testing.T, write func(*fasthttp.RequestCtx, V), v V) {
	t.Helper()
	var ctx fasthttp.RequestCtx
	write(&ctx, v)
	byLibrary, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got, want V
	if err := json.Unmarshal(ctx.Response.Body(), &got); err != nil {
		t.Fatalf("%s: %v", ctx.Response.Body(), err)
	}
	if err := json.Unmarshal(byLibrary, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("written %s, the library writes %s", ctx.Response.Body(), byLibrary)
	}
}
