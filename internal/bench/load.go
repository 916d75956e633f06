package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// requestTimeout bounds one request of the load.
const requestTimeout = 30 * time.Second

// holdRate drives POST /api/holds from a number of connections, each sending its next request when the
// last is answered, and returns the holds granted per second after a warm-up. An answer other than 201
// ends the measurement: what is compared must be the same work.
func holdRate(ctx context.Context, url string, connections int, measure time.Duration) (float64, error) {
	addr := strings.TrimPrefix(url, "http://")
	client := &fasthttp.HostClient{Addr: addr, MaxConns: connections, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout,
		MaxIdemponentCallAttempts: 1}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeoutCause(ctx, warmUp+measure, nil)
	defer cancel()
	run := rand.Text()
	var granted atomic.Int64
	var failure atomic.Pointer[error]
	var workers sync.WaitGroup
	for c := range connections {
		workers.Go(func() {
			if err := holdLoop(ctx, client, url, run+"-"+strconv.Itoa(c)+"-", &granted); err != nil {
				failure.CompareAndSwap(nil, &err)
				cancel()
			}
		})
	}
	from, started := counted(ctx, &granted)
	<-ctx.Done()
	rate := float64(granted.Load()-from) / time.Since(started).Seconds()
	workers.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return rate, nil
}

// counted waits for the warm-up to end and reads the counter.
func counted(ctx context.Context, granted *atomic.Int64) (from int64, at time.Time) {
	timer := time.NewTimer(warmUp)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return granted.Load(), time.Now()
}

func holdLoop(ctx context.Context, client *fasthttp.HostClient, url, keys string, granted *atomic.Int64) error {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(url + api.PathHolds)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType(api.ContentTypeJSON)
	request.SetBodyString(`{"product_id":1,"qty":1}`)
	for n := 0; ctx.Err() == nil; n++ {
		request.Header.Set(api.HeaderIdempotencyKey, keys+strconv.Itoa(n))
		if err := client.Do(request, response); err != nil {
			return fmt.Errorf("hold: %w", err)
		}
		if status := response.StatusCode(); status != fasthttp.StatusCreated {
			return fmt.Errorf("hold: answered %d %s", status, response.Body())
		}
		granted.Add(1)
	}
	return nil
}
