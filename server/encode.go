package server

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// The answers that a sale gives by the thousand are written by hand, where encoding/json would take as long as the
// decision did. All others go through answer.

// answerSpace is what an answer's body takes, nearly always: so much lies on the stack.
const answerSpace = 384

func answerHold(ctx *fasthttp.RequestCtx, a api.HoldCreated) {
	b := append(make([]byte, 0, answerSpace), `{"hold_id":`...)
	b = strconv.AppendInt(b, a.HoldID, 10)
	b = append(b, `,"expires_at":"`...)
	b = a.ExpiresAt.AppendFormat(b, time.RFC3339Nano)
	send(ctx, fasthttp.StatusCreated, api.ContentTypeJSON, append(b, `"}`...))
}

func answerOrder(ctx *fasthttp.RequestCtx, a api.OrderCreated) {
	b := append(make([]byte, 0, answerSpace), `{"order_id":`...)
	b = strconv.AppendInt(b, a.OrderID, 10)
	b = appendText(append(b, `,"status":`...), a.Status)
	b = strconv.AppendInt(append(b, `,"qty":`...), a.Qty, 10)
	b = strconv.AppendInt(append(b, `,"total_price":`...), a.TotalPrice, 10)
	send(ctx, fasthttp.StatusCreated, api.ContentTypeJSON, append(b, '}'))
}

func answerWebhook(ctx *fasthttp.RequestCtx, a api.WebhookAnswer) {
	b := appendText(append(make([]byte, 0, answerSpace), `{"message":`...), a.Message)
	b = appendText(append(b, `,"order_status":`...), a.OrderStatus)
	b = appendText(append(b, `,"outcome":`...), a.Outcome)
	send(ctx, fasthttp.StatusOK, api.ContentTypeJSON, append(b, '}'))
}

func answerProduct(ctx *fasthttp.RequestCtx, p api.Product) {
	b := strconv.AppendInt(append(make([]byte, 0, answerSpace), `{"id":`...), p.ID, 10)
	b = appendText(append(b, `,"name":`...), p.Name)
	b = strconv.AppendInt(append(b, `,"price":`...), p.Price, 10)
	b = strconv.AppendInt(append(b, `,"available_stock":`...), p.AvailableStock, 10)
	send(ctx, fasthttp.StatusOK, api.ContentTypeJSON, append(b, '}'))
}

func sendProblem(ctx *fasthttp.RequestCtx, p api.Problem) {
	b := appendText(append(make([]byte, 0, answerSpace), `{"type":`...), p.Type)
	b = appendText(append(b, `,"title":`...), p.Title)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.Status), 10)
	if p.Detail != "" {
		b = appendText(append(b, `,"detail":`...), p.Detail)
	}
	if p.AvailableStock != nil {
		b = strconv.AppendInt(append(b, `,"available_stock":`...), *p.AvailableStock, 10)
	}
	if p.OrderID != nil {
		b = strconv.AppendInt(append(b, `,"order_id":`...), *p.OrderID, 10)
	}
	send(ctx, p.Status, api.ContentTypeProblem, append(b, '}'))
}

// answer writes a JSON answer. Its types always encode.
func answer(ctx *fasthttp.RequestCtx, status int, contentType string, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
		return
	}
	send(ctx, status, contentType, encoded)
}

func send(ctx *fasthttp.RequestCtx, status int, contentType string, body []byte) {
	ctx.SetStatusCode(status)
	ctx.SetContentType(contentType)
	ctx.SetBody(body)
}

// appendText appends a JSON string. What is not valid UTF-8 was replaced, which is all that can be wrong with it.
func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}
