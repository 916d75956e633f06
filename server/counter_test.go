package server

import (
	"sync/atomic"
	"testing"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// few is a counter of one product.
type few struct{ left, grants atomic.Int64 }

func (f *few) Take(_, qty int64) (id, left int64, granted bool, err error) {
	if left = f.left.Add(-qty); left < 0 {
		return 0, f.left.Add(qty), false, nil
	}
	return f.grants.Add(1), left, true, nil
}

func (f *few) Left(int64) (int64, error) { return f.left.Load(), nil }

// A counter is to be answered from as a database would be: same forms, same statuses.
func TestAFrontAnswersFromItsCounter(t *testing.T) {
	counter := &few{}
	counter.left.Store(3)
	cfg := DefaultConfig()
	cfg.AllowUnsigned = true
	front, err := NewFront(cfg, counter)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) (int, string) {
		var ctx fasthttp.RequestCtx
		ctx.Request.Header.SetMethod(method)
		ctx.Request.SetRequestURI(path)
		ctx.Request.SetBodyString(body)
		front.handle(&ctx)
		return ctx.Response.StatusCode(), string(ctx.Response.Body())
	}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", api.PathHolds, `{"product_id":1,"qty":2}`, 201},
		{"POST", api.PathHolds, `{"product_id":1,"qty":2}`, 409},
		{"POST", api.PathHolds, `{"product_id":1,"qty":0}`, 422},
		{"GET", api.PathProducts + "1", "", 200},
		{"GET", api.PathHolds + "/1", "", 404},
		{"POST", api.PathOrders, `{"hold_id":1}`, 404},
	} {
		if status, body := ask(c.method, c.path, c.body); status != c.status {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, status, body, c.status)
		}
	}
}
