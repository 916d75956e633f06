package scale

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// curveOf makes a curve of speeds, one round each, with so many commands in every commit.
func curveOf(name string, settings []int64, speeds, batches []float64) Curve {
	c := Curve{Name: name}
	for i, setting := range settings {
		f := Figures{PerSecond: speeds[i], P50: 1, P99: 2}
		if batches != nil {
			f.CommandsPerCommit, f.TransactionMS = batches[i], 5
		}
		c.Points = append(c.Points, Point{Setting: setting, Rounds: []Figures{f}})
	}
	return c
}

func TestExplanation(t *testing.T) {
	for name, c := range map[string]struct {
		sweep Sweep
		want  string
	}{
		"flat": {Sweep{Setting: "active holds", Curves: []Curve{
			curveOf("holds", []int64{0, 1000, 1_000_000}, []float64{30000, 31200, 29000}, []float64{130, 131, 129}),
		}}, "holds: flat within 4 %, from 0 to 1,000,000 active holds"},
		"slower": {Sweep{Setting: "products", Curves: []Curve{
			curveOf("holds", []int64{1, 10_000}, []float64{18000, 1500}, []float64{180, 1}),
		}}, "holds: 12x slower from 1 to 10,000 products (180 commands a commit, then 1.0; 100 commits a second, then 1,500; " +
			"5.0 ms a transaction, then 5.0)"},
		"faster, then slower": {Sweep{Setting: "connections", Curves: []Curve{
			curveOf("reads", []int64{1, 256, 1024}, []float64{1000, 25000, 20000}, nil),
		}}, "reads: 25x faster from 1 to 256 connections, then 20 % slower with 1,024"},
		"a little faster": {Sweep{Setting: "servers", Curves: []Curve{
			curveOf("holds", []int64{1, 2}, []float64{1000, 1200}, nil),
		}}, "holds: 20 % faster from 1 to 2 servers"},
		"one point": {Sweep{Setting: "products", Curves: []Curve{
			curveOf("holds", []int64{1}, []float64{1000}, nil),
		}}, "holds: 1,000/s with 1 product"},
		"two curves": {Sweep{Setting: "servers", Curves: []Curve{
			curveOf("a", []int64{1, 2}, []float64{10, 10}, nil), curveOf("b", []int64{1, 2}, []float64{10, 20}, nil),
		}}, "a: flat within 0 %, from 1 to 2 servers; b: 2x faster from 1 to 2 servers"},
		"durability": {Sweep{Name: fsync, Setting: "connections", Curves: []Curve{
			curveOf("durable", []int64{1, 256}, []float64{800, 20000}, []float64{1, 124}),
			curveOf("not durable", []int64{1, 256}, []float64{1600, 22000}, []float64{1, 129}),
		}}, "without a flush at every commit: 2x faster at 1 connection (5.0 ms a transaction instead of 5.0, with 1.0 commands); " +
			"10 % faster at 256 connections (5.0 ms a transaction instead of 5.0, with 124 commands)"},
	} {
		t.Run(name, func(t *testing.T) {
			c.sweep.summarize()
			if got := c.sweep.Explanation; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if s := c.sweep.Sentence(); s[0] == c.want[0] || !strings.HasSuffix(s, ".") {
				t.Errorf("not a sentence: %s", s)
			}
		})
	}
}

// A server whose metrics have other names must not pass for one that commits nothing.
func TestMetricsThatLackASeries(t *testing.T) {
	text := batchSum + " 120\n" + batchCount + " 4\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	defer server.Close()
	var p probe
	if err := p.addMetrics(t.Context(), server.URL); err == nil || !strings.Contains(err.Error(), transaction) {
		t.Errorf("got %v", err)
	}
	text += transaction + " 0.5\n"
	p = probe{}
	if err := p.addMetrics(t.Context(), server.URL); err != nil || p != (probe{commits: 4, commands: 120, seconds: 0.5}) {
		t.Errorf("got %+v: %v", p, err)
	}
}
