package server

import (
	"strconv"
	"strings"
	"testing"
)

// seriesOf counts the series of every metric.
func seriesOf(t *testing.T, m *metrics) map[string]int {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	for _, family := range families {
		series[family.GetName()] = len(family.GetMetric())
	}
	return series
}

// Whatever the specification says can be answered is counted from zero.
func TestSeriesExistBeforeTheirFirstEvent(t *testing.T) {
	m, s := newMetrics(), loadSpec(t)
	before := seriesOf(t, m)
	answers := 0
	for operation, endpoint := range map[string]string{
		"read-product": "get /api/products/{id}", "read-hold": "get /api/holds/{id}", "read-order": "get /api/orders/{id}",
		"hold": "post /api/holds", "order": "post /api/orders", "webhook": "post /api/payments/webhook",
	} {
		method, path, _ := strings.Cut(endpoint, " ")
		responses, _ := s.dig("paths", path, method, "responses")
		for text := range responses {
			status, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			m.answered(operation, status, 0)
			answers++
		}
	}
	for _, reason := range []string{"deadlock", "connection lost", "commit in doubt"} {
		m.Retried(reason)
	}
	after := seriesOf(t, m)
	for _, name := range []string{"flashsale_requests_total", "flashsale_request_seconds",
		"flashsale_transaction_retries_total"} {
		if before[name] == 0 || after[name] != before[name] {
			t.Errorf("%s has %d series at the start and %d later", name, before[name], after[name])
		}
	}
	if answers < 40 {
		t.Errorf("the specification has %d answers only", answers)
	}
}
