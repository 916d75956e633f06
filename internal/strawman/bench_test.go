package strawman

import (
	"fmt"
	"testing"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// BenchmarkHolds is a storm of holds on one product with stock for all, every commit durable.
func BenchmarkHolds(b *testing.B) {
	const connectionsPerCPU = 128
	r := start(b)
	product := r.product(1 << 40)
	client := &fasthttp.Client{MaxConnsPerHost: 1 << 10}
	b.SetParallelism(connectionsPerCPU)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.Header.SetMethod("POST")
		req.SetRequestURI(r.url + api.PathHolds)
		for pb.Next() {
			req.SetBodyString(fmt.Sprintf(`{"product_id":%d,"qty":1}`, product))
			if err := client.Do(req, res); err != nil || res.StatusCode() != fasthttp.StatusCreated {
				b.Errorf("%v, %d", err, res.StatusCode())
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "holds/s")
}
