package strawman

import (
	"fmt"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// BenchmarkHolds is a storm of holds on one product with stock for all, every commit durable.
func BenchmarkHolds(b *testing.B) {
	for name, counter := range map[string]bool{"sum": false, "counter": true} {
		b.Run(name, func(b *testing.B) { benchmarkHolds(b, counter) })
	}
}

// benchmarkHolds begins with holds in force, as the server's bench does: without any the sum costs nothing.
func benchmarkHolds(b *testing.B, counter bool) {
	const connectionsPerCPU, activeHolds = 128, 10_000
	r := startWith(b, func(c *Config) {
		c.HoldTTL, c.CounterColumn = time.Hour, counter
		c.RequestTimeout = 20 * time.Second // everybody's turn comes: nobody is to be refused
	})
	product := r.product(1 << 40)
	r.exec(fmt.Sprintf(`INSERT INTO holds (product_id, qty, status, expires_at, created_at, updated_at)
		SELECT ?, 1, 'active', UTC_TIMESTAMP(6) + INTERVAL 1 HOUR, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
		FROM seq_1_to_%d`, activeHolds), product)
	r.countHolds()
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
