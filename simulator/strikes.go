package simulator

import (
	"encoding/binary"
	"slices"
	"time"

	"flashsale/scenarios"
	"flashsale/simulator/fault"
)

// Faults are what the run does to the system, and when, in order of time: a pure function of scenario and
// seed, like everything planned.
func (p *Plan) Faults() []fault.Order {
	var orders []fault.Order
	for i, f := range p.scenario.Faults {
		orders = append(orders, p.strikes(int64(i), f)...)
	}
	slices.SortStableFunc(orders, func(a, b fault.Order) int { return int(a.At - b.At) })
	return orders
}

// strikes are those of one line of the scenario. Its times are of its own stream, so that one more fault moves no
// other. One that comes again and again begins after the one before is healed, and ends before its phase does, or the
// storm.
func (p *Plan) strikes(line int64, f scenarios.Fault) []fault.Order {
	start, end := time.Duration(0), p.scenario.Arrivals.Length()
	if f.Phase > 0 {
		start, end = p.scenario.Arrivals.Span(f.Phase - 1)
	}
	times, d := stream(p.Seed, "fault times", line), newDice()
	at := start + drawSpan(times, f.At)
	if f.Every == nil {
		return []fault.Order{p.strike(d, line, 0, f, at)}
	}
	var orders []fault.Order
	for n := int64(0); ; n++ {
		o := p.strike(d, line, n, f, at)
		latest := end - o.For
		if o.At > latest {
			return orders
		}
		if n > 0 { // a row without its first proves nothing
			o.Latest = latest
		}
		orders = append(orders, o)
		at = max(at+drawSpan(times, *f.Every), o.At+o.For)
	}
}

// strikesMax tells the streams of one line from those of another.
const strikesMax = 1 << 32

func (p *Plan) strike(d *dice, line, n int64, f scenarios.Fault, at time.Duration) fault.Order {
	r := d.stream(p.Seed, "fault", line*strikesMax+n)
	o := fault.Order{At: at, Hand: int(line), Latency: f.Latency, Jitter: f.Jitter, Share: float64(f.Share), By: f.By}
	o.Kind = f.Kind[r.IntN(len(f.Kind))]
	if f.For != nil {
		o.For = drawSpan(r, *f.For)
	}
	if o.Server = r.IntN(p.scenario.Server.Replicas); f.Server != nil {
		o.Server = *f.Server
	}
	if r.Float64() < 0.5 {
		o.By = -o.By
	}
	o.Seed = r.Uint64()
	return o
}

// appendOrder writes a fault into the plan's canonical encoding.
func appendOrder(to []byte, o fault.Order) []byte {
	to = appendText(to, o.Kind)
	for _, n := range []int64{int64(o.At), int64(o.For), int64(o.Server), int64(o.Latency), int64(o.Jitter),
		int64(o.Share * 1e6), int64(o.By)} {
		to = binary.AppendVarint(to, n)
	}
	return binary.AppendUvarint(to, o.Seed)
}
