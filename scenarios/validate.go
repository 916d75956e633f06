package scenarios

import (
	"fmt"
	"regexp"
	"slices"
)

// Bounds that keep a typing error from becoming a machine that stands still.
const (
	productsMax     = 100_000
	stockMax        = 1_000_000_000
	priceMax        = 1_000_000_000
	rateMax         = 1_000_000 // buyers per second
	burstSizeMax    = 10_000
	ordersAtOnceMax = 16
	deliveriesMax   = 100
	attemptsMax     = 100
	replicasMax     = 64
	sampleMax       = 100_000
)

// A validator holds a decoded scenario against the rules that no single value can show.
type validator struct {
	*decoder
	sc *Scenario
}

// check complains about the key at path unless ok; a key that was not written is blamed on the
// nearest key above it that was.
func (v *validator) check(ok bool, path, format string, args ...any) {
	if ok {
		return
	}
	above := path
	at, found := v.where[above]
	for !found && above != "" {
		above = parentKey(above)
		at, found = v.where[above]
	}
	v.fail(path, &at, format, args...)
}

// parentKey cuts the last step off a path.
func parentKey(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' || path[i] == '[' {
			return path[:i]
		}
	}
	return ""
}

func (v *validator) scenario() {
	sc := v.sc
	v.check(regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`).MatchString(sc.Name), "name",
		"must be lower-case letters, digits and dashes")
	v.check(sc.Why != "", "why", "must say what this scenario is for")
	v.products()
	v.server()
	v.arrivals()
	v.buyers()
	v.payments()
	for i := range sc.Faults {
		v.fault(fmt.Sprintf("faults[%d]", i), &sc.Faults[i])
	}
	v.check(sc.Quiesce.Deadline > 0, "quiesce.deadline", "must be positive")
	v.check(sc.Quiesce.Sample >= 0 && sc.Quiesce.Sample <= sampleMax, "quiesce.sample", "must be from 0 to %d", sampleMax)
	for check, least := range sc.Expect.Exercise {
		v.check(least >= 0, "expect.exercise."+check, "must not be negative")
	}
	slices.SortFunc(v.errors, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
}

func (v *validator) products() {
	p := v.sc.Products
	v.check(p.Count > 0 && p.Count <= productsMax, "products.count", "must be from 1 to %d", productsMax)
	v.within("products.stock", p.Stock, 1, stockMax)
	v.within("products.price", p.Price, 0, priceMax)
	v.check(p.Skew >= 0 && p.Skew <= 10, "products.skew", "must be from 0 to 10")
	v.check(len(p.Names) > 0, "products.names", "must not be empty")
	for i, name := range p.Names {
		v.check(name != "" && len(name) <= 200, fmt.Sprintf("products.names[%d]", i), "must have 1 to 200 bytes")
	}
}

// within holds every number of a set against bounds.
func (v *validator) within(path string, n Numbers, low, high int64) {
	v.check(n.Least() >= low && n.Most() <= high, path, "must be from %d to %d", low, high)
}

func (v *validator) server() {
	s := v.sc.Server
	v.check(s.HoldTTL > 0, "server.hold_ttl", "must be positive")
	v.check(s.SweepInterval > 0, "server.sweep_interval", "must be positive")
	v.check(s.RequestTimeout > 0, "server.request_timeout", "must be positive")
	v.check(s.MaxQty > 0, "server.max_qty", "must be positive")
	v.check(s.Replicas > 0 && s.Replicas <= replicasMax, "server.replicas", "must be from 1 to %d", replicasMax)
}

func (v *validator) arrivals() {
	a := v.sc.Arrivals
	v.check(a.Max >= 0, "arrivals.max", "must not be negative")
	v.check(a.LateAfter > 0, "arrivals.late_after", "must be positive")
	v.check(len(a.Phases) > 0, "arrivals.phases", "must have at least one phase")
	for i := range a.Phases {
		v.phase(fmt.Sprintf("arrivals.phases[%d]", i), &v.sc.Arrivals.Phases[i])
	}
}

// phaseKeys lists which keys each kind of phase takes beside those that all take.
func phaseKeys(kind string) []string {
	return map[string][]string{
		Constant: {"rate"},
		Poisson:  {"rate"},
		Ramp:     {"from", "to"},
		Spike:    {"rate", "peak"},
		Burst:    {"size", "every", "across"},
	}[kind]
}

func (v *validator) phase(path string, p *Phase) {
	keys := phaseKeys(p.Kind)
	if keys == nil {
		kinds := []string{Constant, Ramp, Spike, Poisson, Burst}
		v.check(false, path+".kind", "unknown kind %q; %s", p.Kind, didYouMean(p.Kind, kinds))
		return
	}
	for _, key := range []string{"rate", "from", "to", "peak", "size", "every", "across"} {
		_, written := v.where[path+"."+key]
		v.check(!written || slices.Contains(keys, key), path+"."+key, "has no meaning in a %s phase", p.Kind)
	}
	v.check(p.Duration > 0, path+".duration", "must be positive")
	for key, rate := range map[string]float64{"rate": p.Rate, "from": p.From, "to": p.To, "peak": p.Peak} {
		v.check(rate >= 0 && rate <= rateMax, path+"."+key, "must be from 0 to %d buyers per second", rateMax)
	}
	switch p.Kind {
	case Constant, Poisson:
		v.check(p.Rate != 0, path+".rate", "must be positive")
	case Ramp:
		v.check(p.From != 0 || p.To != 0, path+".to", "must be positive, or nobody comes")
	case Spike:
		v.check(p.Peak != 0, path+".peak", "must be positive")
	case Burst:
		v.burst(path, p)
	}
	if p.Products == "" {
		p.Products = map[bool]string{true: ByTurns, false: BySkew}[p.Kind == Burst]
	}
	v.check(p.Products == BySkew || p.Products == ByTurns, path+".products", "must be %s or %s", BySkew, ByTurns)
}

func (v *validator) burst(path string, p *Phase) {
	if _, written := v.where[path+".across"]; !written {
		p.Across = 1
	}
	v.check(p.Size > 0 && p.Size <= burstSizeMax, path+".size", "must be from 1 to %d", burstSizeMax)
	v.check(p.Every > 0, path+".every", "must be positive")
	v.check(p.Across > 0 && p.Across <= v.sc.Products.Count, path+".across", "must be from 1 to the number of products")
}

func (v *validator) buyers() {
	b := v.sc.Buyers
	v.within("buyers.qty", b.Qty, 1, v.sc.Server.MaxQty)
	v.check(b.OrdersAtOnce > 1 && b.OrdersAtOnce <= ordersAtOnceMax, "buyers.orders_at_once", "must be from 2 to %d",
		ordersAtOnceMax)
	v.check(b.Timeout > 0, "buyers.timeout", "must be positive")
	v.check(b.Retry.Attempts > 0 && b.Retry.Attempts <= attemptsMax, "buyers.retry.attempts", "must be from 1 to %d",
		attemptsMax)
	v.check(b.Retry.First > 0, "buyers.retry.first", "must be positive")
	v.check(b.Retry.Max >= b.Retry.First, "buyers.retry.max", "must not be less than first")
}

func (v *validator) payments() {
	p := v.sc.Payments
	m := p.Mix
	if _, written := v.where["payments.mix"]; !written {
		v.sc.Payments.Mix = Mix{Success: 1}
	}
	total := 0.0
	for key, weight := range map[string]float64{"success": m.Success, "failure": m.Failure, "conflict": m.Conflict,
		"failure_then_success": m.FailureThenSuccess, "success_then_failure": m.SuccessThenFailure,
		"double_charge": m.DoubleCharge, "late": m.Late, "never": m.Never} {
		v.check(weight >= 0, "payments.mix."+key, "a weight must not be negative")
		total += weight
	}
	v.check(total > 0 || v.sc.Payments.Mix.Success > 0, "payments.mix", "must have a positive weight")
	v.within("payments.deliveries", p.Deliveries, 1, deliveriesMax)
	v.within("payments.ahead", p.Ahead, 1, 1000)
	v.check(p.Timeout > 0, "payments.timeout", "must be positive")
	v.check(p.Retry.First > 0, "payments.retry.first", "must be positive")
	v.check(p.Retry.Max >= p.Retry.First, "payments.retry.max", "must not be less than first")
	v.check(p.Deadline > 0, "payments.deadline", "must be positive")
}
