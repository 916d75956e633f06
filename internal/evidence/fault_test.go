package evidence

import "testing"

func TestFaultIsOver(t *testing.T) {
	for name, test := range map[string]struct {
		fault  Fault
		over   int64
		missed bool
	}{
		"recovered":       {Fault{Injected: 10, Healed: 20, Recovered: 30, Bitten: true}, 30, false},
		"never recovered": {Fault{Injected: 10, Healed: 20, Bitten: true}, 100, false},
		"never healed":    {Fault{Injected: 10, Healed: -1, Bitten: true}, 100, false},
		"did not bite":    {Fault{Injected: 10, Healed: 20, Recovered: 21}, 21, false},
		"never injected":  {Fault{Injected: 99, Healed: -1}, 99, true},
	} {
		if over, missed := test.fault.Over(100), test.fault.Missed(); over != test.over || missed != test.missed {
			t.Errorf("%s: over at %d, missed %t", name, over, missed)
		}
	}
}
