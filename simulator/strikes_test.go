package simulator

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"flashsale/scenarios"
	"flashsale/simulator/fault"
)

func stormOfFaults(t *testing.T, set ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Parse("x.yaml", []byte(`name: x
why: faults
products: {stock: 5}
server: {replicas: 3}
arrivals:
  phases:
    - {kind: constant, rate: 10, duration: 10s}
    - {kind: constant, rate: 10, duration: 20s}
faults:
  - {kind: server-kill, at: 9s, server: 2}
  - {kind: [server-pause, server-clock, commit-lost], phase: 2, at: 1s..2s, every: 1s..3s, for: 500ms..1500ms}
`), set...)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestFaultsArePlannedBySeed(t *testing.T) {
	sc := stormOfFaults(t)
	orders := NewPlan(sc, 7).Faults()
	if !reflect.DeepEqual(orders, NewPlan(sc, 7).Faults()) {
		t.Error("one seed, two plans")
	}
	if reflect.DeepEqual(orders, NewPlan(sc, 8).Faults()) || NewPlan(sc, 7).Hash() == NewPlan(sc, 8).Hash() {
		t.Error("two seeds, one plan")
	}
	if o := orders[0]; o.Kind != "server-kill" || o.At != 9*time.Second || o.Server != 2 || o.For != time.Second {
		t.Errorf("the single fault is %+v", o)
	}
	kinds, last := map[string]bool{}, fault.Order{}
	for _, o := range orders[1:] {
		kinds[o.Kind] = true
		latest := 30*time.Second - o.For // but for the first, which must come
		if last.At == 0 {
			latest = 0
		}
		if o.At < 11*time.Second || o.At < last.At+last.For || o.At+o.For > 30*time.Second || o.Latest != latest ||
			o.Hand != 1 || o.Server < 0 || o.Server > 2 {
			t.Errorf("after %+v comes %+v", last, o)
		}
		last = o
	}
	if len(orders) < 6 || len(kinds) < 2 {
		t.Errorf("there are %d faults of %d kinds", len(orders), len(kinds))
	}
}

// One more line of faults moves none of the others, and changes the plan.
func TestFaultsHaveStreamsOfTheirOwn(t *testing.T) {
	few, more := stormOfFaults(t), stormOfFaults(t)
	more.Faults = append(more.Faults, scenarios.Fault{Kind: scenarios.Kinds{"database-kill"}})
	all := slices.DeleteFunc(NewPlan(more, 7).Faults(), func(o fault.Order) bool { return o.Kind == "database-kill" })
	if !reflect.DeepEqual(all, NewPlan(few, 7).Faults()) {
		t.Error("the others have moved")
	}
	if NewPlan(few, 7).Hash() == NewPlan(more, 7).Hash() {
		t.Error("the plan's hash does not know the faults")
	}
}

// A storm ten times as long has about ten times as many recurring faults, and one that strikes once, at its place.
func TestALongerStormHasMoreFaults(t *testing.T) {
	short, long := NewPlan(stormOfFaults(t), 7).Faults(), NewPlan(stormOfFaults(t, "duration=300s"), 7).Faults()
	if len(long) < 6*len(short) || long[0].At != 90*time.Second {
		t.Errorf("%d faults became %d, the first at %s", len(short), len(long), long[0].At)
	}
}
