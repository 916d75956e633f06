package simulator

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// A shop is a checkout small enough to trust: section by section the API, under one lock, in memory.
// before may answer a request itself (and return true), to play a server in trouble.
type shop struct {
	ttl    time.Duration
	before func(*fasthttp.RequestCtx) bool
	url    string
	honest *standardwebhooks.Webhook

	mu       sync.Mutex
	products []*api.Product // AvailableStock is not kept: see available
	total    []int64
	sold     []int64
	holds    []*api.Hold
	orders   []*api.Order
	events   map[string]shopEvent
	replays  map[string]any
}

type shopEvent struct {
	hook    api.Webhook
	outcome string
}

func openShop(t *testing.T, ttl time.Duration, stock ...int64) *shop {
	t.Helper()
	honest, err := standardwebhooks.NewWebhook(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{ttl: ttl, honest: honest, total: stock, sold: make([]int64, len(stock)),
		events: make(map[string]shopEvent), replays: make(map[string]any)}
	for i := range stock {
		s.products = append(s.products, &api.Product{ID: int64(i + 1), Name: "thing", Price: 7})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &fasthttp.Server{Handler: s.handle, CloseOnShutdown: true,
		Logger: log.New(io.Discard, "", 0)} // connections are broken on purpose
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = listener.Close(); _ = server.Shutdown(); <-done })
	s.url = "http://" + listener.Addr().String()
	return s
}

func (s *shop) productIDs() []int64 {
	var ids []int64
	for _, p := range s.products {
		ids = append(ids, p.ID)
	}
	return ids
}

func (s *shop) handle(ctx *fasthttp.RequestCtx) {
	if s.before != nil && s.before(ctx) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := string(ctx.Path())
	id, _ := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:])
	switch {
	case path == api.PathWebhook:
		s.webhook(ctx)
	case path == api.PathHolds:
		s.keyed(ctx, s.hold)
	case path == api.PathOrders:
		s.keyed(ctx, s.order)
	case strings.HasPrefix(path, api.PathProducts) && id > 0 && id <= len(s.products):
		p := *s.products[id-1]
		p.AvailableStock = s.available(p.ID)
		answer(ctx, 200, p)
	case strings.HasPrefix(path, api.PathHolds) && id > 0 && id <= len(s.holds):
		answer(ctx, 200, s.holds[id-1])
	case strings.HasPrefix(path, api.PathOrders) && id > 0 && id <= len(s.orders):
		answer(ctx, 200, s.orders[id-1])
	default:
		refuse(ctx, 404, api.Problem{Type: api.ProblemNotFound})
	}
}

func answer(ctx *fasthttp.RequestCtx, status int, body any) {
	ctx.SetStatusCode(status)
	ctx.SetContentType(api.ContentTypeJSON)
	_ = json.NewEncoder(ctx).Encode(body)
}

func refuse(ctx *fasthttp.RequestCtx, status int, p api.Problem) {
	p.Status = status
	answer(ctx, status, p)
}

// keyed replays the first success of an idempotency key.
func (s *shop) keyed(ctx *fasthttp.RequestCtx, do func(*fasthttp.RequestCtx) any) {
	key := string(ctx.Path()) + " " + string(ctx.Request.Header.Peek(api.HeaderIdempotencyKey))
	if earlier, ok := s.replays[key]; ok {
		ctx.Response.Header.Set(api.HeaderIdempotentReplayed, "true")
		answer(ctx, 201, earlier)
		return
	}
	if done := do(ctx); done != nil {
		s.replays[key] = done
		answer(ctx, 201, done)
	}
}

func (s *shop) available(product int64) int64 {
	left := s.total[product-1] - s.sold[product-1]
	for _, h := range s.holds {
		if h.ProductID == product && s.reserves(h) {
			left -= h.Qty
		}
	}
	return left
}

func (s *shop) reserves(h *api.Hold) bool {
	return (h.Status == api.HoldActive || h.Status == api.HoldUsed) && time.Now().Before(h.ExpiresAt)
}

func (s *shop) hold(ctx *fasthttp.RequestCtx) any {
	var r api.HoldRequest
	if json.Unmarshal(ctx.PostBody(), &r) != nil || r.Qty < 1 {
		refuse(ctx, 422, api.Problem{Type: api.ProblemInvalid})
		return nil
	}
	if left := s.available(r.ProductID); left < r.Qty {
		refuse(ctx, 409, api.Problem{Type: api.ProblemNotEnoughStock, AvailableStock: &left})
		return nil
	}
	h := &api.Hold{HoldID: int64(len(s.holds) + 1), ProductID: r.ProductID, Qty: r.Qty, Status: api.HoldActive,
		ExpiresAt: time.Now().Add(s.ttl)}
	s.holds = append(s.holds, h)
	return api.HoldCreated{HoldID: h.HoldID, ExpiresAt: h.ExpiresAt}
}

func (s *shop) order(ctx *fasthttp.RequestCtx) any {
	var r api.OrderRequest
	if json.Unmarshal(ctx.PostBody(), &r) != nil || r.HoldID < 1 || r.HoldID > int64(len(s.holds)) {
		refuse(ctx, 404, api.Problem{Type: api.ProblemNotFound})
		return nil
	}
	h := s.holds[r.HoldID-1]
	if h.Status != api.HoldActive || !s.reserves(h) {
		refuse(ctx, 409, api.Problem{Type: api.ProblemHoldAlreadyUsed})
		return nil
	}
	h.Status = api.HoldUsed
	o := &api.Order{OrderID: int64(len(s.orders) + 1), ProductID: h.ProductID, HoldID: h.HoldID, Qty: h.Qty,
		TotalPrice: 7 * h.Qty, Status: api.OrderPending}
	s.orders = append(s.orders, o)
	return api.OrderCreated{OrderID: o.OrderID, Status: o.Status, Qty: o.Qty, TotalPrice: o.TotalPrice}
}

// genuine checks the signature over the raw body, and that the delivery is not stale.
func (s *shop) genuine(ctx *fasthttp.RequestCtx) bool {
	header := &ctx.Request.Header
	stamp, _ := strconv.ParseInt(string(header.Peek(api.HeaderWebhookTimestamp)), 10, 64)
	at := time.Unix(stamp, 0)
	want, _ := s.honest.Sign(string(header.Peek(api.HeaderWebhookID)), at, ctx.PostBody())
	return time.Since(at) < api.WebhookTolerance && string(header.Peek(api.HeaderWebhookSignature)) == want
}

func (s *shop) webhook(ctx *fasthttp.RequestCtx) {
	var hook api.Webhook
	switch {
	case !s.genuine(ctx):
		refuse(ctx, 401, api.Problem{Type: api.ProblemSignature})
		return
	case json.Unmarshal(ctx.PostBody(), &hook) != nil || hook.OrderID > int64(len(s.orders)):
		refuse(ctx, 404, api.Problem{Type: api.ProblemNotFound})
		return
	}
	o := s.orders[hook.OrderID-1]
	if e, ok := s.events[hook.IdempotencyKey]; ok {
		if e.hook != hook {
			refuse(ctx, 422, api.Problem{Type: api.ProblemKeyReused})
			return
		}
		answer(ctx, 200, api.WebhookAnswer{Message: api.MessageAlreadyProcessed, OrderStatus: o.Status, Outcome: e.outcome})
		return
	}
	outcome := s.settle(o, hook.Status)
	s.events[hook.IdempotencyKey] = shopEvent{hook: hook, outcome: outcome}
	answer(ctx, 200, api.WebhookAnswer{Message: api.MessagePaymentHandled, OrderStatus: o.Status, Outcome: outcome})
}

func (s *shop) settle(o *api.Order, status string) string {
	h := s.holds[o.HoldID-1]
	switch {
	case status == failure && o.Status == api.OrderPending:
		o.Status = api.OrderCanceled
		if s.reserves(h) {
			h.Status = api.HoldCanceled
		}
		return api.OutcomeCanceled
	case status == failure:
		return api.OutcomeIgnored
	case o.Status == api.OrderPaid:
		return api.OutcomeRefundDue
	case !s.reserves(h) && s.available(o.ProductID) < o.Qty:
		o.Status = api.OrderCanceled
		return api.OutcomeRefundDue
	}
	o.Status, h.Status = api.OrderPaid, api.HoldCompleted
	s.sold[o.ProductID-1] += o.Qty
	return api.OutcomePaid
}

// A notebook is a Recorder that keeps everything.
type notebook struct {
	mu  sync.Mutex
	ops []evidence.Operation
}

func (n *notebook) Append(op evidence.Operation) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ops = append(n.ops, op)
	return nil
}

// count counts the operations for which is holds.
func (n *notebook) count(is func(*evidence.Operation) bool) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for i := range n.ops {
		if is(&n.ops[i]) {
			count++
		}
	}
	return count
}
