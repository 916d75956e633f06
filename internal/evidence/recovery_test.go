package evidence

import (
	"testing"
	"time"
)

// What counts are the seconds from the healing on; while other faults last, nobody counts them.
func TestRecovery(t *testing.T) {
	fault := func(injected, healed, recovered int64) Fault {
		return Fault{Injected: injected * 1e9, Healed: healed * 1e9, Recovered: recovered * 1e9}
	}
	for name, test := range map[string]struct {
		others []Fault
		want   time.Duration
	}{
		"alone":                         {nil, 10 * time.Second},
		"one before and one after":      {[]Fault{fault(1, 5, 6), fault(20, 21, 22)}, 10 * time.Second},
		"one within":                    {[]Fault{fault(12, 15, 16)}, 7 * time.Second},
		"one that was there already":    {[]Fault{fault(1, 14, 20)}, 6 * time.Second},
		"one that outlasts it":          {[]Fault{fault(15, 30, 31)}, 5 * time.Second},
		"two that overlap":              {[]Fault{fault(13, 16, 20), fault(12, 15, 20)}, 6 * time.Second},
		"one that was never healed":     {[]Fault{{Injected: 12e9, Healed: -1}}, 10 * time.Second},
		"all the time there is another": {[]Fault{fault(1, 30, 31)}, 0},
	} {
		f := fault(8, 10, 20)
		run := &Run{Faults: append(test.others, f)}
		if got := run.Recovery(f); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	run := &Run{Faults: []Fault{fault(1, 2, 3), fault(4, 5, 8), fault(10, 11, 0)}}
	if got := run.SlowestRecovery(); got != 3*time.Second {
		t.Errorf("the slowest took %s", got)
	}
}
