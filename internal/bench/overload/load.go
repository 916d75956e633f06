package overload

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// answerWait bounds one request; a server answers or refuses long before.
const answerWait = 30 * time.Second

// lateAfter is from when on a request counts as sent late.
const lateAfter = 10 * time.Millisecond

// outcome is how a request ended.
type outcome int

const (
	other   outcome = iota // an answer that is neither of the two, or none
	granted                // 201
	refused                // 503 overloaded, with Retry-After
)

// A shot is one request: when it was due, when it went out and when its answer came, from the load's start.
type shot struct {
	due, sent, answered time.Duration
	outcome             outcome
}

// fire sends holds in an open loop at an even rate for a while, whatever the server does, and returns when
// everything is answered. Errors: ctx ended.
func fire(ctx context.Context, url string, connections int, rate float64, lasts time.Duration) ([]shot, error) {
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(url, "http://"), MaxConns: connections,
		ReadTimeout: answerWait, WriteTimeout: answerWait, MaxIdemponentCallAttempts: 1}
	defer client.CloseIdleConnections()
	shots := make([]shot, int(rate*lasts.Seconds()))
	free := make(chan struct{}, connections)
	var flying sync.WaitGroup
	defer flying.Wait()
	started := time.Now()
	for i := range shots {
		s := &shots[i]
		s.due = time.Duration(float64(i) / rate * float64(time.Second))
		if err := waitUntil(ctx, started.Add(s.due)); err != nil {
			return nil, err
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		flying.Go(func() {
			s.sent = time.Since(started)
			s.outcome = hold(client, url)
			s.answered = time.Since(started)
			<-free
		})
	}
	flying.Wait()
	return shots, nil
}

// hold asks for one unit.
func hold(client *fasthttp.HostClient, url string) outcome {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(url + api.PathHolds)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType(api.ContentTypeJSON)
	request.SetBodyString(fmt.Sprintf(`{"product_id":%d,"qty":1}`, productID))
	if err := client.Do(request, response); err != nil {
		return other
	}
	retryAfter := len(response.Header.Peek(fasthttp.HeaderRetryAfter)) > 0
	switch status := response.StatusCode(); {
	case status == fasthttp.StatusCreated:
		return granted
	case status == fasthttp.StatusServiceUnavailable && retryAfter:
		return refused
	}
	return other
}

// waitUntil sleeps until a moment that may have passed.
func waitUntil(ctx context.Context, moment time.Time) error {
	ahead := time.Until(moment)
	if ahead <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
