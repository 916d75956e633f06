package compare

import (
	"fmt"
	"math"

	"flashsale/internal/evidence"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// Metric is one figure of one kind of operation, in every run.
type Metric struct {
	Kind   evidence.Kind
	Stat   string // p50, p90, p99 or rate
	Gated  bool   // counts for what got worse: p99 and rate
	Values []Value
}

// Name is what tables call it.
func (m *Metric) Name() string { return string(m.Kind) + " " + m.Stat }

// Value is a metric in one run.
type Value struct {
	Text   string  // with its unit; "-" if the run has none
	Change float64 // against the baseline, as a share: 0.1 is 10 % more; NaN if there is nothing to compare
	Worse  bool    // by more than the limit
	Better bool    // by more than the limit
}

// ChangeText writes the change, as +12 %, or as a multiple where percents would not be read; empty if there is none
// to speak of.
func (v *Value) ChangeText() string {
	switch {
	case math.IsNaN(v.Change):
		return ""
	case v.Change >= 9.5:
		return fmt.Sprintf("×%.0f", 1+v.Change)
	default:
		return fmt.Sprintf("%+.0f %%", 100*v.Change)
	}
}

// leastAnswers is how many answers a p99 needs to be more than the slowest one's luck.
const leastAnswers = 100

// stat is how a metric is read off the figures of a kind.
type stat struct {
	name   string
	gated  bool
	more   bool // more is better
	value  func(*measure.KindStats) float64
	text   func(float64) string
	enough int64 // answers that it takes
}

func stats() []stat {
	rate := func(perSecond float64) string { return wording.PerSecond(math.Round(10*perSecond) / 10) }
	latency := func(seconds float64) string { return wording.Latency(measure.Seconds(seconds)) }
	return []stat{
		{name: "p50", value: func(k *measure.KindStats) float64 { return k.P50.Seconds() }, text: latency},
		{name: "p90", value: func(k *measure.KindStats) float64 { return k.P90.Seconds() }, text: latency},
		{name: "p99", gated: true, enough: leastAnswers,
			value: func(k *measure.KindStats) float64 { return k.P99.Seconds() }, text: latency},
		{name: "rate", gated: true, more: true,
			value: func(k *measure.KindStats) float64 { return k.PerSecond }, text: rate},
	}
}

// kind compares the figures of one kind of operation, if any run has it.
func (c *Comparison) kind(kind evidence.Kind) {
	found := make([]*measure.KindStats, len(c.Sides))
	any := false
	for i := range c.Sides {
		for j := range c.Sides[i].Stats.Kinds {
			if k := &c.Sides[i].Stats.Kinds[j]; k.Kind == kind && k.Answered() > 0 {
				found[i], any = k, true
			}
		}
	}
	if !any {
		return
	}
	for _, s := range stats() {
		c.Metrics = append(c.Metrics, c.metric(kind, s, found))
	}
	for i, k := range found[1:] {
		if k == nil && found[0] != nil {
			c.blind = true
			c.doubt("%s has no answered %s, which A has", Label(i+1), kind)
		}
	}
}

func (c *Comparison) metric(kind evidence.Kind, s stat, found []*measure.KindStats) Metric {
	m := Metric{Kind: kind, Stat: s.name, Gated: s.gated}
	for i, k := range found {
		v := Value{Text: "-", Change: math.NaN()}
		if k != nil {
			v.Text = s.text(s.value(k))
		}
		if base := found[0]; i > 0 && k != nil && base != nil && min(k.Answered(), base.Answered()) >= s.enough {
			v.compare(s, s.value(base), s.value(k), c.Limit)
		}
		if v.Worse && s.gated {
			c.missed = true
			c.worse("%s: %s in A, %s in %s (%s)", m.Name(), m.Values[0].Text, v.Text, Label(i), v.ChangeText())
		}
		m.Values = append(m.Values, v)
	}
	return m
}

// compare holds a value against the baseline's.
func (v *Value) compare(s stat, base, value, limit float64) {
	if base <= 0 {
		return
	}
	v.Change = value/base - 1
	if s.more {
		v.Worse, v.Better = v.Change < -limit, v.Change > limit
	} else {
		v.Worse, v.Better = v.Change > limit, v.Change < -limit
	}
}

// compared tells whether anything that counts was compared.
func (c *Comparison) compared() bool {
	for i := range c.Metrics {
		for _, v := range c.Metrics[i].Values {
			if c.Metrics[i].Gated && !math.IsNaN(v.Change) {
				return true
			}
		}
	}
	return false
}
