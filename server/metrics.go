package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"flashsale/server/internal/ledger"
)

// metrics is what an operator watches during a sale. It is the ledger's Observer.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	series    map[string]operationSeries
	batch     prometheus.Histogram
	commit    prometheus.Histogram
	retries   *prometheus.CounterVec
	corrected prometheus.Counter
	sweptHold prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flashsale_requests_total",
			Help: "Requests answered, by operation and HTTP status."}, []string{"operation", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "flashsale_request_seconds",
			Help:    "From a request read to its answer ready, in seconds.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}, []string{"operation"}),
		series: make(map[string]operationSeries),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "flashsale_batch_commands",
			Help: "Commands committed by one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 10)}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "flashsale_transaction_seconds",
			Help:    "From the product's lock to the commit, in seconds: what follows waits for that long.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flashsale_transaction_retries_total",
			Help: "Transactions run again, by reason."}, []string{"reason"}),
		corrected: prometheus.NewCounter(prometheus.CounterOpts{Name: "flashsale_stock_corrections_total",
			Help: "Products whose stock_held was not the sum of their holds after the database had started."}),
		sweptHold: prometheus.NewCounter(prometheus.CounterOpts{Name: "flashsale_swept_holds_total",
			Help: "Lapsed holds that this replica's sweeps have found."}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.batch, m.commit, m.retries, m.corrected, m.sweptHold,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// operationStatuses is every status that an operation can be answered with; "none" is what was asked of no endpoint.
func operationStatuses() map[string][]int {
	read := []int{200, 404, 405, 413, 503}
	write := []int{201, 400, 404, 405, 409, 413, 422, 500, 503, 504}
	return map[string][]int{
		"read-product": read, "read-hold": read, "read-order": read, "hold": write, "order": write,
		"webhook": {200, 400, 401, 404, 405, 413, 422, 500, 503, 504},
		"openapi": {200, 405, 413},
		"none":    {400, 404, 408, 413, 431},
	}
}

// begin has every series start at zero. One that appears with its first event shows no increase() to an alert: the
// first answer of unknown outcome would go unnoticed.
func (m *metrics) begin() {
	for operation, statuses := range operationStatuses() {
		series := operationSeries{latency: m.latency.WithLabelValues(operation), requests: make(map[int]prometheus.Counter)}
		for _, status := range statuses {
			series.requests[status] = m.requests.WithLabelValues(operation, strconv.Itoa(status))
		}
		m.series[operation] = series
	}
	for _, reason := range ledger.Reasons() {
		m.retries.WithLabelValues(reason)
	}
}

// operationSeries are the series of one operation: finding them by their labels would cost more than counting does.
type operationSeries struct {
	latency  prometheus.Observer
	requests map[int]prometheus.Counter // by status
}

func (m *metrics) answered(operation string, status int, took time.Duration) {
	series := m.series[operation]
	series.latency.Observe(took.Seconds())
	requests, ok := series.requests[status]
	if !ok { // a status that nobody foresaw
		requests = m.requests.WithLabelValues(operation, strconv.Itoa(status))
	}
	requests.Inc()
}

// watchQueue reports the depth of a queue whenever somebody asks.
func (m *metrics) watchQueue(depth func() int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "flashsale_queue_depth",
		Help: "Commands waiting for their transaction or in it."}, func() float64 { return float64(depth()) }))
}

// watchClock reports how far the host's clock is behind the database's whenever somebody asks.
func (m *metrics) watchClock(offset func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "flashsale_clock_offset_seconds",
		Help: "The database's clock minus this host's, in seconds; NaN until it was measured. Only the database's decides, " +
			"so a host that is wrong does no harm here, but its logs are misleading; where every host is off by the same, " +
			"the database is wrong, and refuses webhooks once it is off by five minutes."}, offset))
}

func (m *metrics) swept(holds int) { m.sweptHold.Add(float64(holds)) }

// Committed records a transaction.
func (m *metrics) Committed(commands int, took time.Duration) {
	m.batch.Observe(float64(commands))
	m.commit.Observe(took.Seconds())
}

// Retried counts a transaction that is run again.
func (m *metrics) Retried(reason string) { m.retries.WithLabelValues(reason).Inc() }

// Corrected counts a product whose row was not as its holds say.
func (m *metrics) Corrected() { m.corrected.Inc() }
