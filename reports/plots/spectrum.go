package plots

import (
	"fmt"
	"math"
	"strings"
	"time"

	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/wording"
)

// kindInk is the colour of a kind of operation.
func kindInk(kind evidence.Kind) draw.Ink {
	switch kind {
	case evidence.CreateHold:
		return draw.Blue
	case evidence.CreateOrder:
		return draw.Orange
	case evidence.SendWebhook:
		return draw.Green
	case evidence.ReadProduct:
		return draw.Sky
	case evidence.ReadOrder:
		return draw.Purple
	default:
		return draw.Grey
	}
}

// spectrumFigure draws latency by percentile, from the median to the last attempt.
func spectrumFigure(kinds []measure.KindStats) []Figure {
	var shown []measure.KindStats
	var legend []entry
	var alt []string
	for i := range kinds {
		if k := &kinds[i]; len(k.Spectrum) > 0 {
			shown = append(shown, *k)
			legend = append(legend, entry{ink: kindInk(k.Kind), name: string(k.Kind)})
			alt = append(alt, fmt.Sprintf("%s p99 %s, slowest %s", k.Kind, wording.Latency(k.P99), wording.Latency(k.Max)))
		}
	}
	if len(shown) == 0 {
		return nil
	}
	return []Figure{{
		Name: "spectrum", Title: "Percentile spectrum", height: 320, narrow: 280,
		Caption: "The latency that a share of the answers did not exceed, ten times deeper into the slow end at every step.",
		Alt:     "Latency by percentile: " + strings.Join(alt, "; ") + ".",
		legend:  legend,
		draw: func(s *draw.Sheet, area draw.Rect) {
			p := spectrumPanel(s, area, shown)
			for i := range shown {
				p.spectrum(kindInk(shown[i].Kind), shown[i].Spectrum)
			}
		},
	}}
}

// spectrumPanel draws the axes that hold all spectra.
func spectrumPanel(s *draw.Sheet, area draw.Rect, kinds []measure.KindStats) *panel {
	low, high, depth := time.Duration(math.MaxInt64), time.Duration(0), 1.0
	for i := range kinds {
		q := kinds[i].Spectrum
		low, high = min(low, q[0].Latency), max(high, q[len(q)-1].Latency)
		depth = max(depth, nines(q[len(q)-1].Share))
	}
	return newPanel(s, area, nineAxis(depth), latencies(low, high))
}

// nineAxis is an axis of shares, as 90 %, 99 %, 99.9 %.
func nineAxis(depth float64) axis {
	a := axis{high: depth, ticks: []draw.Tick{{At: 0, Label: "0 %"}, {At: nines(0.5), Label: "50 %"}}}
	for n := 1.0; n <= depth+1e-9; n++ {
		digits := max(int(n)-2, 0)
		a.ticks = append(a.ticks, draw.Tick{At: n, Label: fmt.Sprintf("%.*f %%", digits, 100*(1-math.Pow(10, -n)))})
	}
	return a
}

// nines is how far out a share lies: 1 for 90 %, 2 for 99 %.
func nines(share float64) float64 { return -math.Log10(1 - share) }

func (p *panel) spectrum(ink draw.Ink, quantiles []measure.Quantile) {
	points := make([]draw.Point, 0, len(quantiles))
	for _, q := range quantiles {
		points = append(points, p.at(nines(q.Share), q.Latency.Seconds()))
	}
	p.Line(draw.Stroke{Ink: ink, Width: 2.25}, points...)
	p.Disc(draw.Fill{Ink: ink}, points[len(points)-1], 3)
}
