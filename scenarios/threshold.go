package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Threshold is one bound of the scenario, parsed: Stat of Metric compared with Value by Op. Value is in
// milliseconds for latencies and recovery, a share for errors, ok answers per second for rate, a number of things for
// count and unresolved.
type Threshold struct {
	Text   string // as written: hold.p99 < 50ms
	Metric string
	Stat   string
	Op     string
	Value  float64
}

// MarshalYAML writes the threshold as it was written.
func (t Threshold) MarshalYAML() (any, error) { return t.Text, nil }

func thresholdMetrics() []string {
	return []string{"hold", "order", "webhook", "read-product", "read-hold", "read-order", "run", "fault"}
}

func latencyStats() []string { return []string{"p50", "p90", "p99", "p99.9", "max", "mean"} }

// thresholdStats lists what can be measured of a metric.
func thresholdStats(metric string) []string {
	stats := append(latencyStats(), "rate", "errors", "count")
	switch metric {
	case "fault":
		return []string{"recovery", "count"}
	case "run":
		return append(stats, "unresolved")
	}
	return stats
}

func parseThreshold(text string) (Threshold, error) {
	parts := strings.Fields(text)
	if len(parts) != 3 {
		return Threshold{}, fmt.Errorf("%q is not a threshold; write \"hold.p99 < 50ms\", with spaces", text)
	}
	metric, stat, dotted := strings.Cut(parts[0], ".")
	t := Threshold{Text: text, Metric: metric, Stat: stat, Op: parts[1]}
	switch {
	case !dotted:
		return t, fmt.Errorf("%q names no statistic; write \"%s.p99\"", parts[0], metric)
	case !slices.Contains(thresholdMetrics(), metric):
		return t, fmt.Errorf("unknown metric %q; %s", metric, didYouMean(metric, thresholdMetrics()))
	case !slices.Contains(thresholdStats(metric), stat):
		return t, fmt.Errorf("unknown statistic %q of %s; %s", stat, metric, didYouMean(stat, thresholdStats(metric)))
	case !slices.Contains([]string{"<", "<=", ">", ">=", "=="}, t.Op):
		return t, fmt.Errorf("unknown comparison %q; write < <= > >= or ==", t.Op)
	}
	var err error
	t.Value, err = thresholdValue(stat, parts[2])
	return t, err
}

func thresholdValue(stat, text string) (float64, error) {
	if slices.Contains(latencyStats(), stat) || stat == "recovery" {
		d, err := parseDuration(text)
		return float64(d) / float64(time.Millisecond), err
	}
	number, percent := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || value < 0 || percent && stat != "errors":
		return 0, fmt.Errorf("%q is not a bound for %q; write a number%s", text, stat, percentHint(stat))
	case percent:
		return value / 100, nil
	}
	return value, nil
}

func percentHint(stat string) string {
	if stat == "errors" {
		return " or a percentage"
	}
	return ""
}
