package wording

import (
	"testing"

	"flashsale/internal/evidence"
)

func TestFaults(t *testing.T) {
	bit := evidence.Fault{Name: "server-kill", Victim: "server-0", Injected: 3.2e9, Healed: 3.7e9, Recovered: 4.3e9, Bitten: true,
		Detail: "signal: killed"}
	missed := evidence.Fault{Name: "disk-full", Victim: "database", Injected: 5e9, Healed: 6e9, Recovered: 6.01e9}
	lost := evidence.Fault{Name: "database-kill", Victim: "database", Injected: 7e9, Healed: 8e9, Bitten: true}
	never := evidence.Fault{Name: "sweep-kill", Victim: "server-1", Injected: 9e9, Healed: -1, Detail: "its time had not come"}
	for _, test := range []struct {
		faults []evidence.Fault
		want   string
	}{
		{nil, ""},
		{[]evidence.Fault{bit}, "1 injected, 1 bit, slowest recovery 600ms"},
		{[]evidence.Fault{bit, missed, lost}, "3 injected, 2 bit, slowest recovery 600ms, 1 never recovered from"},
		{[]evidence.Fault{bit, never}, "1 injected, 1 bit, slowest recovery 600ms, 1 came too late"},
		{[]evidence.Fault{lost}, "1 injected, 1 bit, 1 never recovered from"},
	} {
		if got := Faults(&evidence.Run{Faults: test.faults}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	want := []string{
		"injected at 3.200 s, healed after 500ms, bit, recovered from in 600ms: signal: killed",
		"injected at 5.000 s, healed after 1.00s, did not bite, recovered from in 10ms",
		"injected at 7.000 s, healed after 1.00s, bit, never recovered from",
		"it was due at 9.000 s: its time had not come",
	}
	for i, h := range Harms(&evidence.Run{Faults: []evidence.Fault{bit, missed, lost, never}}) {
		if got := h.Sentence(); got != want[i] || h.Proves() != (i == 0) {
			t.Errorf("%d proves %t: %q, want %q", i+1, h.Proves(), got, want[i])
		}
	}
}
