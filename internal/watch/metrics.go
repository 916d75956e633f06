package watch

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Metrics is what a watch tells Prometheus.
type Metrics struct {
	registry   *prometheus.Registry
	commits    prometheus.Counter
	changes    prometheus.Counter
	violations *prometheus.CounterVec
	gaps       prometheus.Counter
	position   prometheus.Gauge
	decided    prometheus.Gauge
	pulse      atomic.Pointer[pulse]
}

// NewMetrics makes the metrics of one watch. Every series starts at zero: one that appeared with its first event
// would show no increase() to an alert.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		commits: prometheus.NewCounter(prometheus.CounterOpts{Name: "flashsale_watch_commits_total",
			Help: "Commits that touched the shop's tables and were judged."}),
		changes: prometheus.NewCounter(prometheus.CounterOpts{Name: "flashsale_watch_changes_total",
			Help: "Rows that these commits changed."}),
		violations: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flashsale_watch_violations_total",
			Help: "Broken promises that commits showed, by check."}, []string{"check"}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{Name: "flashsale_watch_gaps_total",
			Help: "Times that commits were missed and the watch began again from a fresh snapshot."}),
		position: prometheus.NewGauge(prometheus.GaugeOpts{Name: "flashsale_watch_last_commit_position",
			Help: "Number of the newest commit judged, counted from the beginning of the watch."}),
		decided: prometheus.NewGauge(prometheus.GaugeOpts{Name: "flashsale_watch_last_commit_timestamp_seconds",
			Help: "When the newest commit was decided, by the database's clock, as its rows say; 0 if they do not."}),
	}
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "flashsale_watch_up",
		Help: "1 while the binlog is followed and the database answers."}, m.up)
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "flashsale_watch_lag_seconds",
		Help: "Everything that was committed so long ago has been judged; asked once a second."}, m.lag)
	m.registry.MustRegister(m.commits, m.changes, m.violations, m.gaps, m.position, m.decided, up, lag,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, name := range checker.SentinelChecks() {
		m.violations.WithLabelValues(name)
	}
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// up and lag are asked of the pulse when they are asked for; before there is one, nothing is watched.
func (m *Metrics) up() float64 {
	if p := m.pulse.Load(); p != nil && p.up() {
		return 1
	}
	return 0
}

func (m *Metrics) lag() float64 {
	if p := m.pulse.Load(); p != nil {
		return p.lag().Seconds()
	}
	return 0
}

func (m *Metrics) judged(c *evidence.Commit, sightings []checker.Sighting) {
	m.commits.Inc()
	m.changes.Add(float64(len(c.Changes)))
	m.position.Set(float64(c.Position))
	if at := measure.DecidedAt(c); at != 0 {
		m.decided.Set(float64(at) / float64(time.Second/time.Microsecond))
	}
	for i := range sightings {
		m.violations.WithLabelValues(sightings[i].Check).Inc()
	}
}
