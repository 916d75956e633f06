package simulator

import (
	"math/rand/v2"
	"slices"
	"time"

	"flashsale/internal/evidence"
	"flashsale/scenarios"
)

// Payment is what the provider intends for one buyer's order: its events, what is done to deceive the
// shop, and perhaps a payment for an order that does not exist yet.
type Payment struct {
	Events   []Event
	Tampered []Tampered
	Ahead    int64 // > 0: at the buyer's arrival, pay for the order so many numbers past the newest known
}

// A Base says from which moment the deliveries of an event count.
type Base uint8

// The bases.
const (
	FromOrder Base = iota // the provider knows the order
	FromLapse             // the order's hold has lapsed
	FromAck               // the event before this one was acknowledged
)

// A Rekey says how an acknowledged event's key comes back with another body.
type Rekey uint8

// The ways to re-key.
const (
	NotRekeyed Rekey = iota
	OtherStatus
	OtherOrder
)

// Event is one payment event: one idempotency key, delivered at least once.
type Event struct {
	Status     string // api.PaymentSuccess or api.PaymentFailure
	Base       Base
	Deliveries []time.Duration // from the base, ascending
	Replay     time.Duration   // > 0: delivered once more so long after it was acknowledged
	Rekey      Rekey
	ReadBack   bool // once acknowledged, the order is read at once
}

// Tampered is a delivery that the shop must refuse, under a key of its own.
type Tampered struct {
	How    evidence.Tamper
	Status string
	After  time.Duration // from the moment the provider knows the order
}

// payment plans what happens to buyer n's order. An eager buyer's is one plain success, at once.
func (p *Plan) payment(d *dice, n int64, eager bool) Payment {
	r := d.stream(p.Seed, "payment", n)
	way := &p.scenario.Payments
	story := drawStory(r, way.Mix)
	var planned Payment
	for _, e := range story {
		planned.Events = append(planned.Events, drawEvent(r, way, e))
	}
	if len(story) == 2 && story[1].with {
		// A conflict is simultaneous, or it is just a sequence.
		planned.Events[1].Deliveries = slices.Clone(planned.Events[0].Deliveries)
	}
	planned.Tampered = drawTampered(r, way)
	if ahead, guess := drawNumber(r, way.Ahead), chance(r, way.BeforeOrder); guess {
		planned.Ahead = ahead
	}
	if eager {
		return Payment{Events: []Event{{Status: success, Deliveries: make([]time.Duration, 1)}}}
	}
	return planned
}

// A chapter is one event of a story: its status, its base, and whether it leaves together with the
// chapter before it.
type chapter struct {
	status string
	base   Base
	with   bool
}

func drawStory(r *rand.Rand, mix scenarios.Mix) []chapter {
	weights := [...]float64{mix.Success, mix.Failure, mix.FailureThenSuccess, mix.SuccessThenFailure, mix.Conflict,
		mix.DoubleCharge, mix.Late, mix.Never}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u := r.Float64() * total
	for i, w := range weights {
		if u < w {
			return story(i)
		}
		u -= w
	}
	return story(0)
}

// story is the i-th of the stories, in the order of scenarios.Mix.
func story(i int) []chapter {
	switch i {
	case 1:
		return []chapter{{status: failure}}
	case 2:
		return []chapter{{status: failure}, {status: success, base: FromAck}}
	case 3:
		return []chapter{{status: success}, {status: failure, base: FromAck}}
	case 4:
		return []chapter{{status: success}, {status: failure, with: true}}
	case 5:
		return []chapter{{status: success}, {status: success, base: FromAck}}
	case 6:
		return []chapter{{status: success, base: FromLapse}}
	case 7:
		return nil
	}
	return []chapter{{status: success}}
}

func drawEvent(r *rand.Rand, way *scenarios.Payments, c chapter) Event {
	e := Event{Status: c.status, Base: c.base}
	delay, late := drawSpan(r, way.Delay), drawSpan(r, way.LateAfter)
	if c.base == FromLapse {
		delay = late
	}
	copies, together := drawNumber(r, way.Deliveries), chance(r, way.Together)
	if after, replay := drawSpan(r, way.ReplayAfter), chance(r, way.ReplayLate); replay {
		e.Replay = max(after, 1)
	}
	if other, rekey := r.Float64(), chance(r, way.Rekeyed); rekey {
		if e.Rekey = OtherOrder; other < 0.5 {
			e.Rekey = OtherStatus
		}
	}
	e.ReadBack = chance(r, way.ReadBack)
	e.Deliveries = make([]time.Duration, 1, max(copies, 1))
	e.Deliveries[0] = delay
	for range copies - 1 {
		later := time.Duration(r.Float64() * float64(way.Shuffle))
		if together {
			later = 0
		}
		e.Deliveries = append(e.Deliveries, delay+later)
	}
	slices.Sort(e.Deliveries)
	return e
}

func drawTampered(r *rand.Rand, way *scenarios.Payments) []Tampered {
	var planned []Tampered
	for _, t := range [...]struct {
		how   evidence.Tamper
		share scenarios.Share
	}{
		{evidence.Unsigned, way.Unsigned}, {evidence.Forged, way.Forged},
		{evidence.Stale, way.Stale}, {evidence.Altered, way.Altered},
	} {
		fails, after, wanted := r.Float64() < 0.5, drawSpan(r, way.Delay), chance(r, t.share)
		if wanted {
			planned = append(planned, Tampered{How: t.how, After: after,
				Status: map[bool]string{true: failure, false: success}[fails]})
		}
	}
	return planned
}
