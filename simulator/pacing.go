package simulator

import (
	"math"
	"math/rand/v2"
	"time"

	"flashsale/scenarios"
)

// A pacer gives the offsets of a phase's arrivals from its start, in order, until it has no more.
// Pacers hold no clock: they are tables of numbers.
type pacer func() (time.Duration, bool)

// pace makes the pacer of a phase; rng is used by Poisson phases only.
func pace(p scenarios.Phase, rng *rand.Rand) pacer {
	switch p.Kind {
	case scenarios.Ramp:
		return rampPacer(p.From, p.To, p.Duration)
	case scenarios.Spike:
		return spikePacer(p)
	case scenarios.Poisson:
		return poissonPacer(p.Rate, p.Duration, rng)
	case scenarios.Burst:
		return burstPacer(p)
	}
	return rampPacer(p.Rate, p.Rate, p.Duration)
}

// rampPacer spaces arrivals so that the rate goes linearly from one figure to the other. The expected
// number of arrivals by time t is N(t) = from t + (to-from) t^2 / 2d; the k-th arrival comes when
// N(t) = k, written in the form that stays exact when from and to are equal.
func rampPacer(from, to float64, duration time.Duration) pacer {
	d := duration.Seconds()
	total := int64(math.Round((from + to) / 2 * d))
	k := int64(0)
	return func() (time.Duration, bool) {
		if k >= total {
			return 0, false
		}
		t := 0.0
		if k > 0 {
			root := math.Sqrt(math.Max(0, from*from+2*(to-from)/d*float64(k)))
			t = 2 * float64(k) / (from + root)
		}
		k++
		return min(seconds(t), duration), true
	}
}

// spikePacer goes up to the peak for half the time and down again for the other half.
func spikePacer(p scenarios.Phase) pacer {
	half := p.Duration / 2
	up, down := rampPacer(p.Rate, p.Peak, half), rampPacer(p.Peak, p.Rate, half)
	return func() (time.Duration, bool) {
		if at, ok := up(); ok {
			return at, true
		}
		at, ok := down()
		return half + at, ok
	}
}

// poissonPacer draws independent exponential gaps: arrivals without memory, as of unrelated people.
func poissonPacer(rate float64, duration time.Duration, rng *rand.Rand) pacer {
	t := 0.0
	return func() (time.Duration, bool) {
		t += -math.Log(1-rng.Float64()) / rate
		at := seconds(t)
		return at, at < duration
	}
}

// burstPacer lets size x across arrivals happen at the same instant, again and again.
func burstPacer(p scenarios.Phase) pacer {
	together := int64(p.Size * p.Across)
	k := int64(0)
	return func() (time.Duration, bool) {
		at := time.Duration(k/together) * p.Every
		k++
		return at, at < p.Duration
	}
}

// seconds rounds to whole microseconds: processors that disagree in a float's last bit still make the
// same plan.
func seconds(s float64) time.Duration { return time.Duration(math.Round(s*1e6)) * time.Microsecond }

// An arrival is the moment at which somebody appears. Product is the product's index if the phase
// goes by turns, else -1.
type arrival struct {
	at      time.Duration
	product int
	eager   bool
}

// arrivals merges the phases into one sequence in order of time; equal times keep the order of the
// phases. It returns a pull function that says false when nobody comes any more.
func arrivals(seed uint64, sc *scenarios.Scenario) func() (arrival, bool) {
	cursors := make([]*cursor, len(sc.Arrivals.Phases))
	for i, phase := range sc.Arrivals.Phases {
		start, _ := sc.Arrivals.Span(i)
		c := &cursor{phase: phase, start: start, products: sc.Products.Count,
			next: pace(phase, stream(seed, "arrivals", int64(i)))}
		c.advance()
		cursors[i] = c
	}
	left := sc.Arrivals.Max
	return func() (arrival, bool) {
		var first *cursor
		for _, c := range cursors {
			if c.more && (first == nil || c.head.at < first.head.at) {
				first = c
			}
		}
		if first == nil || (sc.Arrivals.Max > 0 && left == 0) {
			return arrival{}, false
		}
		left--
		head := first.head
		first.advance()
		return head, true
	}
}

// A cursor stands at the next arrival of one phase.
type cursor struct {
	phase    scenarios.Phase
	start    time.Duration
	products int
	next     pacer
	count    int
	head     arrival
	more     bool
}

func (c *cursor) advance() {
	offset, more := c.next()
	c.more = more
	c.head = arrival{at: c.start + offset, product: -1, eager: c.phase.Eager}
	if c.phase.Products == scenarios.ByTurns {
		turn := c.count
		if c.phase.Kind == scenarios.Burst {
			turn = c.count / c.phase.Size
		}
		c.head.product = turn % c.products
	}
	c.count++
}
