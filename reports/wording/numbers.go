package wording

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes a number with commas between its thousands.
func Count(n int64) string {
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

// Latency writes a duration with two or three digits, in the unit that a person would choose.
func Latency(d time.Duration) string {
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

// Plural writes a number with its noun.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// PerSecond writes a rate; fractions count only where it is small.
func PerSecond(rate float64) string {
	if rate < 100 {
		return Decimal(rate) + "/s"
	}
	return Count(int64(math.Round(rate))) + "/s"
}

// Milliseconds is a duration from the unit of latency thresholds.
func Milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// Decimal writes a number with up to three digits after the point, and none that say nothing.
func Decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// ThreeDigits writes a number with three digits that count.
func ThreeDigits(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
}

// Tick writes a round duration as people write it on an axis: 200 µs, 10 ms, 5 s.
func Tick(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return Decimal(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return Decimal(float64(d)/float64(time.Millisecond)) + " ms"
	case d < time.Minute:
		return Decimal(d.Seconds()) + " s"
	default:
		return Decimal(d.Minutes()) + " min"
	}
}

// Were writes a number with the verb that goes with it.
func Were(n int64) string {
	if n == 1 {
		return "1 was"
	}
	return Count(n) + " were"
}

// Or is a text, or another one if it is empty.
func Or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
