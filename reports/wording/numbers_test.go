package wording

import (
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 1_000_001: "1,000,001",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0us", 999 * time.Microsecond: "999us", 2140 * time.Microsecond: "2.1ms", 12 * time.Millisecond: "12ms",
		9_960 * time.Microsecond: "10ms", 1_234 * time.Millisecond: "1.23s", 59_999 * time.Millisecond: "1m0s",
		75 * time.Second: "1m15s",
	} {
		if got := Latency(d); got != want {
			t.Errorf("Latency(%d) = %s, want %s", d, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 0.0490: "0.049", 3410.25: "3410.25", 12: "12", 1e-9: "0"} {
		if got := Decimal(x); got != want {
			t.Errorf("Decimal(%v) = %s, want %s", x, got, want)
		}
	}
}
