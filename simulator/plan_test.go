package simulator

import (
	"reflect"
	"testing"
	"time"

	"flashsale/internal/evidence"
	"flashsale/scenarios"
)

func buyersOf(p *Plan) []Buyer {
	var all []Buyer
	for b := range p.Buyers() {
		all = append(all, b)
	}
	return all
}

func TestSameSeedSamePlanOtherSeedOtherPlan(t *testing.T) {
	for _, name := range scenarios.Names() {
		sc := loadScenario(t, name, "arrivals.max=500")
		one, same, other := NewPlan(sc, 1), NewPlan(sc, 1), NewPlan(sc, 2)
		if one.Hash() != same.Hash() {
			t.Errorf("%s: one seed, two plans", name)
		}
		if one.Hash() == other.Hash() {
			t.Errorf("%s: two seeds, one plan", name)
		}
		if !reflect.DeepEqual(buyersOf(one), buyersOf(same)) {
			t.Errorf("%s: equal hashes, different buyers", name)
		}
		if n := int64(len(buyersOf(one))); n != one.Arrivals() {
			t.Errorf("%s: %d buyers, %d arrivals", name, n, one.Arrivals())
		}
	}
}

// A seed that is told to somebody else must plan the same run on their machine. This hash may change
// with the scenario below or with encodingVersion, never by itself.
func TestPlansDoNotDependOnTheMachine(t *testing.T) {
	sc, err := scenarios.Parse("fixed.yaml", []byte(fixedScenario))
	if err != nil {
		t.Fatal(err)
	}
	if got := NewPlan(sc, 42).Hash(); got != fixedHash {
		t.Errorf("the plan's hash is %s", got)
	}
}

const fixedHash = "f0189ab01d614b60457a8325bf5839b9bcbb0c95cabd1d9373956578bb7150ca"

const fixedScenario = `
name: fixed
why: its plan must never change
products: {count: 3, stock: 1..9, price: [5, 7], skew: 0.8}
arrivals:
  phases:
    - {kind: ramp, from: 0, to: 100, duration: 1s}
    - {kind: poisson, rate: 50, duration: 1s}
buyers: {browse: 0.5, qty: 1..3, think: exp 1s, abandon: 0.3, double_send: 0.3, order_twice: 0.3, steal: 0.1}
payments:
  mix: {success: 1, failure: 1, failure_then_success: 1, success_then_failure: 1, conflict: 1, double_charge: 1,
        late: 1}
  deliveries: 1..4
  delay: 0s..1s
  shuffle: 2s
  together: 0.3
  replay_late: 0.3
  before_order: 0.3
  rekeyed: 0.5
  forged: 0.5
`

func TestOneShareMovesNoOtherDecision(t *testing.T) {
	plain := buyersOf(NewPlan(loadScenario(t, "smoke"), 1))
	abandoned := buyersOf(NewPlan(loadScenario(t, "smoke", "buyers.abandon=0.9"), 1))
	moved := 0
	for i := range plain {
		if plain[i].Abandon != abandoned[i].Abandon {
			moved++
		}
		abandoned[i].Abandon = plain[i].Abandon
	}
	if !reflect.DeepEqual(plain, abandoned) {
		t.Error("the share of one decision moved others")
	}
	if moved < len(plain)/4 {
		t.Errorf("only %d of %d changed their mind", moved, len(plain))
	}
}

func TestEveryFieldIsInTheHash(t *testing.T) {
	base := Buyer{Payment: Payment{Events: []Event{{Deliveries: []time.Duration{0}}}, Tampered: []Tampered{{}}}}
	encoded := string(base.appendTo(nil))
	for name, change := range map[string]func(*Buyer){
		"number":   func(b *Buyer) { b.Number++ },
		"arrival":  func(b *Buyer) { b.Arrival++ },
		"product":  func(b *Buyer) { b.Product++ },
		"qty":      func(b *Buyer) { b.Qty++ },
		"browse":   func(b *Buyer) { b.Browse = true },
		"double":   func(b *Buyer) { b.DoubleSend = true },
		"steal":    func(b *Buyer) { b.Steal = true },
		"think":    func(b *Buyer) { b.Think++ },
		"abandon":  func(b *Buyer) { b.Abandon = true },
		"orders":   func(b *Buyer) { b.Orders++ },
		"readback": func(b *Buyer) { b.ReadBack = true },
		"ahead":    func(b *Buyer) { b.Payment.Ahead++ },
		"events":   func(b *Buyer) { b.Payment.Events = nil },
		"status":   func(b *Buyer) { b.Payment.Events[0].Status = failure },
		"base":     func(b *Buyer) { b.Payment.Events[0].Base = FromAck },
		"copies":   func(b *Buyer) { b.Payment.Events[0].Deliveries = []time.Duration{0, 0} },
		"delay":    func(b *Buyer) { b.Payment.Events[0].Deliveries = []time.Duration{1} },
		"replay":   func(b *Buyer) { b.Payment.Events[0].Replay++ },
		"rekey":    func(b *Buyer) { b.Payment.Events[0].Rekey = OtherOrder },
		"ack read": func(b *Buyer) { b.Payment.Events[0].ReadBack = true },
		"tampered": func(b *Buyer) { b.Payment.Tampered = nil },
		"how":      func(b *Buyer) { b.Payment.Tampered[0].How = evidence.Forged },
		"forged":   func(b *Buyer) { b.Payment.Tampered[0].Status = failure },
		"after":    func(b *Buyer) { b.Payment.Tampered[0].After++ },
	} {
		changed := base
		changed.Payment.Events = []Event{base.Payment.Events[0]}
		changed.Payment.Tampered = []Tampered{base.Payment.Tampered[0]}
		change(&changed)
		if string(changed.appendTo(nil)) == encoded {
			t.Errorf("%s is not encoded", name)
		}
	}
}

func TestSharesComeOut(t *testing.T) {
	sc := loadScenario(t, "stampede")
	buyers := buyersOf(NewPlan(sc, 5))
	if len(buyers) < 20000 {
		t.Fatalf("only %d buyers", len(buyers))
	}
	crowdGone := sc.Arrivals.Phases[0].Duration + sc.Arrivals.Phases[1].Duration
	var abandon, late, eager, crowd float64
	for _, b := range buyers {
		if b.Arrival >= crowdGone {
			if b.Abandon || b.Qty != 1 || len(b.Payment.Events) != 1 || b.Payment.Events[0].Status != success {
				t.Fatalf("not eager: %+v", b)
			}
			eager++
			continue
		}
		crowd++
		if b.Abandon {
			abandon++
		}
		if len(b.Payment.Events) == 1 && b.Payment.Events[0].Base == FromLapse {
			late++
		}
	}
	if share := abandon / crowd; share < 0.23 || share > 0.27 {
		t.Errorf("%.3f abandon, want a quarter", share)
	}
	if share := late / crowd; share < 0.06 || share > 0.08 {
		t.Errorf("%.3f pay late, want 0.07", share)
	}
	if eager != 1650 {
		t.Errorf("%.0f eager buyers, want 1650", eager)
	}
}

func TestConflictingEventsLeaveTogether(t *testing.T) {
	sc := loadScenario(t, "webhook-storm", "payments.mix={conflict: 1}")
	for _, b := range buyersOf(NewPlan(sc, 1)) {
		events := b.Payment.Events
		if len(events) != 2 || events[0].Status == events[1].Status ||
			!reflect.DeepEqual(events[0].Deliveries, events[1].Deliveries) {
			t.Fatalf("no conflict: %+v", events)
		}
		if n := len(events[0].Deliveries); n < 5 || n > 20 {
			t.Fatalf("%d deliveries", n)
		}
	}
}

func TestPopularityFollowsZipf(t *testing.T) {
	sc := loadScenario(t, "many-products", "products.count=3", "products.skew=1",
		"arrivals.phases=[{kind: constant, rate: 1000, duration: 11s}]")
	var hits [3]int
	for b := range NewPlan(sc, 1).Buyers() {
		hits[b.Product]++
	}
	// Shares 6/11, 3/11, 2/11 of 11000.
	for i, want := range []int{6000, 3000, 2000} {
		if hits[i] < want-200 || hits[i] > want+200 {
			t.Errorf("product %d was wanted %d times, expected about %d", i, hits[i], want)
		}
	}
}

func TestProductsTakeListsInTurn(t *testing.T) {
	sc := loadScenario(t, "gauntlet")
	plan := NewPlan(sc, 1)
	for i, p := range plan.Products {
		if want := sc.Products.Stock.List[i%len(sc.Products.Stock.List)]; p.Stock != want {
			t.Fatalf("product %d has %d, want %d", i, p.Stock, want)
		}
		if p.Price < 100 || p.Price > 900 {
			t.Fatalf("price %d", p.Price)
		}
	}
	if plan.Products[0].Name != "Round 1" {
		t.Errorf("called %q", plan.Products[0].Name)
	}
}

func BenchmarkPlan(b *testing.B) {
	sc, err := scenarios.Load("stampede")
	if err != nil {
		b.Fatal(err)
	}
	plan := NewPlan(sc, 1)
	b.ReportAllocs()
	for range b.N {
		plan.Hash()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(plan.Arrivals()), "ns/buyer")
}
