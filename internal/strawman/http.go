package strawman

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// retryAfter is what a refused client is asked to wait, in seconds.
const retryAfter = "1"

// front is the HTTP side: it reads requests, sends them through the gate to the shop, and writes the answers.
type front struct {
	shop     *shop
	gate     *gate
	verifier *verifier
	clock    *clock
	qtyMax   int64
	timeout  time.Duration
	log      *slog.Logger
	working  sync.WaitGroup // requests at the database, also those that were answered without it
}

// serve is the fasthttp handler.
func (f *front) serve(rc *fasthttp.RequestCtx) { f.write(rc, f.route(rc)) }

func (f *front) route(rc *fasthttp.RequestCtx) answer {
	path := string(rc.Path())
	switch path {
	case api.PathHolds:
		return f.post(rc, f.postHold)
	case api.PathOrders:
		return f.post(rc, f.postOrder)
	case api.PathWebhook:
		return f.post(rc, f.postWebhook)
	}
	if id, found := strings.CutPrefix(path, api.PathProducts); found {
		return f.get(rc, id, f.shop.getProduct)
	}
	if id, found := strings.CutPrefix(path, api.PathHolds+"/"); found {
		return f.get(rc, id, f.shop.getHold)
	}
	if id, found := strings.CutPrefix(path, api.PathOrders+"/"); found {
		return f.get(rc, id, f.shop.getOrder)
	}
	return refusal(api.ProblemNotFound, "no such path")
}

func (f *front) get(rc *fasthttp.RequestCtx, text string, read func(context.Context, int64) (answer, error)) answer {
	if !rc.IsGet() && !rc.IsHead() {
		return notAllowed("GET, HEAD")
	}
	id, isID := parseID(text)
	if !isID {
		return refusal(api.ProblemNotFound, "the path does not end in an id")
	}
	return f.atDatabase(api.ProblemOverloaded, func(ctx context.Context) (answer, error) { return read(ctx, id) })
}

func (f *front) post(rc *fasthttp.RequestCtx, handle func(*fasthttp.RequestCtx) (answer, error)) answer {
	if !rc.IsPost() {
		return notAllowed("POST")
	}
	if len(rc.PostBody()) > api.BodyBytesMax {
		return refusal(api.ProblemTooLarge, fmt.Sprintf("more than %d bytes", api.BodyBytesMax))
	}
	a, err := handle(rc)
	var bad *badRequest
	if errors.As(err, &bad) {
		return refusal(bad.kind, bad.detail)
	}
	return a
}

func (f *front) postHold(rc *fasthttp.RequestCtx) (answer, error) {
	req, err := parseHold(rc.PostBody(), f.qtyMax)
	if err != nil {
		return answer{}, err
	}
	key, err := parseKey(rc.Request.Header.PeekAll(api.HeaderIdempotencyKey))
	if err != nil {
		return answer{}, err
	}
	return f.atDatabase(api.ProblemOutcomeUnknown, func(ctx context.Context) (answer, error) {
		return f.shop.createHold(ctx, req, key)
	}), nil
}

func (f *front) postOrder(rc *fasthttp.RequestCtx) (answer, error) {
	req, err := parseOrder(rc.PostBody())
	if err != nil {
		return answer{}, err
	}
	key, err := parseKey(rc.Request.Header.PeekAll(api.HeaderIdempotencyKey))
	if err != nil {
		return answer{}, err
	}
	return f.atDatabase(api.ProblemOutcomeUnknown, func(ctx context.Context) (answer, error) {
		return f.shop.createOrder(ctx, req, key)
	}), nil
}

// postWebhook checks the signature over the raw body before it looks at what the body says.
func (f *front) postWebhook(rc *fasthttp.RequestCtx) (answer, error) {
	if f.shop.guards.signature {
		header := func(name string) string { return string(rc.Request.Header.Peek(name)) }
		if err := f.verifier.verify(rc.PostBody(), header(api.HeaderWebhookID), header(api.HeaderWebhookTimestamp),
			header(api.HeaderWebhookSignature), f.clock.now()); err != nil {
			return refusal(api.ProblemSignature, err.Error()), nil
		}
	}
	ev, err := parseWebhook(rc.PostBody())
	if err != nil {
		return answer{}, err
	}
	body := bytes.Clone(rc.PostBody()) // the request's memory is used again, maybe before the work is done
	return f.atDatabase(api.ProblemOutcomeUnknown, func(ctx context.Context) (answer, error) {
		return f.shop.handlePayment(ctx, ev, body)
	}), nil
}

// atDatabase runs work when its turn comes. Whatever the database does, there is an answer within the request's time:
// work that has not come to its end by then goes on without its caller, who is told late, a type of problem.
// A quarter of that time may pass in the queue, no more: in an overload everybody's turn comes when the wait for it is
// nearly over. Were that the caller's last moment, all work would be begun only to be called off, at the price of a
// connection each time, and whoever retries would keep it so long after the cause is gone.
func (f *front) atDatabase(late string, work func(context.Context) (answer, error)) answer {
	now := time.Now()
	until := now.Add(f.timeout)
	if !f.gate.enter(now.Add(f.timeout / 4)) {
		return refusal(api.ProblemOverloaded, "too many requests are waiting")
	}
	answered := make(chan answer, 1)
	f.working.Go(func() {
		defer f.gate.leave()
		answered <- f.attempt(until, work)
	})
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case a := <-answered:
		return a
	case <-timer.C:
		return refusal(late, "the database did not answer in time")
	}
}

// margin is how long before its caller's time is up work is called off, so that there is time to say so.
const margin = 100 * time.Millisecond

// attempt does the work, and turns what went wrong into the problem that tells the truth about it.
func (f *front) attempt(until time.Time, work func(context.Context) (answer, error)) answer {
	ctx, cancel := context.WithDeadline(context.Background(), until.Add(-min(margin, f.timeout/10)))
	defer cancel()
	a, err := work(ctx)
	switch {
	case err == nil:
		return a
	case errors.Is(err, errBusy):
		f.log.Warn("refused", "error", err)
		return refusal(api.ProblemOverloaded, "the database is busy or away")
	case errors.Is(err, errUnknown):
		f.log.Warn("outcome unknown", "error", err)
		return refusal(api.ProblemOutcomeUnknown, "the database did not answer the commit")
	}
	f.log.Error("request failed", "error", err)
	return refusal(api.ProblemInternal, "")
}

func notAllowed(methods string) answer {
	a := refusal(api.ProblemMethod, "use "+methods)
	a.allow = methods
	return a
}

func (f *front) write(rc *fasthttp.RequestCtx, a answer) {
	body, err := json.Marshal(a.body)
	if err != nil {
		f.log.Error("answer cannot be written", "error", err)
		a.status, body = http.StatusInternalServerError, nil
	}
	header := &rc.Response.Header
	header.SetContentType(api.ContentTypeJSON)
	if a.refused() {
		header.SetContentType(api.ContentTypeProblem)
	}
	if a.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", retryAfter)
	}
	if a.allow != "" {
		header.Set("Allow", a.allow)
	}
	if a.replayed {
		header.Set(api.HeaderIdempotentReplayed, "true")
	}
	rc.SetStatusCode(a.status)
	rc.SetBody(body)
}

// unreadable answers requests that fasthttp could not read.
func (f *front) unreadable(rc *fasthttp.RequestCtx, err error) {
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		f.write(rc, refusal(api.ProblemTooLarge, fmt.Sprintf("more than %d bytes", api.BodyBytesMax)))
		return
	}
	f.write(rc, refusal(api.ProblemMalformed, "not an HTTP request"))
}

// httpLog takes fasthttp's remarks about broken connections.
type httpLog struct{ *slog.Logger }

func (l httpLog) Printf(format string, args ...any) {
	l.Debug("fasthttp", "message", fmt.Sprintf(format, args...))
}
