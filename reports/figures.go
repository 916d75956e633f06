package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"flashsale/internal/evidence"
)

// figures is the table of operations, then the stock and how well the open model kept its times.
func (p *page) figures(stats Stats, run *evidence.Run) {
	p.line("%-14s%9s%9s%9s%9s%10s%10s%10s", "operation", "ok", "refused", "unknown", "per s", "p50", "p99", "max")
	for _, k := range stats.Kinds {
		p.line("%-14s%9s%9s%9s%9s%10s%10s%10s", k.Kind, count(k.OK), count(k.Refused), count(k.Unknown),
			count(int64(k.PerSecond+0.5)), latency(k.P50), latency(k.P99), latency(k.Max))
	}
	if len(stats.Kinds) == 0 {
		p.line("%sno operation was recorded", indent)
	} else {
		p.wrapped("", "", fmt.Sprintf("latency runs from the intended start; %s, %s late, the latest by %s",
			plural(run.Sends.Total, "send"), count(run.Sends.Late), latency(time.Duration(run.Sends.WorstLateNS))))
	}
	if s := stats.Stock; s != nil {
		p.line("stock: %s of %s units sold, of %s", count(s.Sold), count(s.Total), plural(int64(s.Products), "product"))
	}
}

// count writes a number with commas between its thousands.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), ",")
}

// latency writes a duration with two or three digits, in the unit that a person would choose.
func latency(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dus", d.Microseconds())
	case d < 9950*time.Microsecond:
		return fmt.Sprintf("%.1fms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Round(time.Millisecond).Milliseconds())
	case d < 59995*time.Millisecond:
		return fmt.Sprintf("%.2fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// perSecond writes a rate; fractions count only where it is small.
func perSecond(rate float64) string {
	if rate < 100 {
		return decimal(rate) + "/s"
	}
	return count(int64(math.Round(rate))) + "/s"
}

// milliseconds is a duration from the unit of latency thresholds.
func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// decimal writes a number with up to three digits after the point, and none that say nothing.
func decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}
