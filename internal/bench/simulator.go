package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/lab"
)

// SimulatorOptions set up the measurement of what a request costs the one who sends it.
type SimulatorOptions struct {
	Rounds      int           // each measures every program once
	Measure     time.Duration // per program and round; whole seconds, because some know no others
	Connections int           // of each: of the public load generators in a closed loop, of ours at most
	Rate        float64       // holds per second of our simulator; 0: RateShare of the fastest generator's
	Binary      string        // our own program; empty: the running one
	Report      func(line string)
}

// RateShare is how fast our simulator sends, next to the fastest of the others. They run in closed loops and take all
// that there is; an open model that did so would send late, in bunches, which is cheaper than it is in earnest.
const RateShare = 0.7

// lateMost is the share of late sends from which on the figures are not to be believed.
const lateMost = 0.05

// rateAlone is how fast it sends where there is no other to go by.
const rateAlone = 10_000

// simulatorName stands for our simulator among the load generators.
const simulatorName = "flashsale"

// SimulatorResult is what a request cost each program. The maps are by the program's name; their values are medians of
// the rounds, and the ratios are ours to another's.
type SimulatorResult struct {
	Machine     Machine            `json:"machine"`
	Connections int                `json:"connections"`
	Seconds     int                `json:"seconds"` // per program and round
	Microsec    map[string]float64 `json:"us_per_request"`
	Ratios      map[string]float64 `json:"ratios"` // "flashsale_vs_wrk"
	Programs    []SimulatorProgram `json:"programs"`
	Rounds      []SimulatorRound   `json:"rounds"`
}

// SimulatorProgram is one that was measured, or could not be.
type SimulatorProgram struct {
	Name    string  `json:"name"`
	Command string  `json:"command,omitempty"` // the files it names say what to post
	Missing string  `json:"missing,omitempty"` // why it was not measured, and what to do about it
	Cost    *Spread `json:"us_per_request,omitempty"`
	Rate    *Spread `json:"requests_per_second,omitempty"`
	// Late is the share of the open model's sends that left more than LateAfter past their time, in milliseconds. The
	// closed loops have no time to be late for.
	Late      *float64 `json:"late_share,omitempty"`
	LateAfter float64  `json:"late_after_ms,omitempty"`

	path      string // empty: our own
	arguments func(post) []string
}

// SimulatorRound is what each program did in one round, by name.
type SimulatorRound map[string]SimulatorFigures

// SimulatorFigures is what one program did once.
type SimulatorFigures struct {
	Requests   int64    `json:"requests"` // answered 201, counted by the server
	CPUSeconds float64  `json:"cpu_seconds"`
	Seconds    float64  `json:"seconds"` // of the process, from start to end
	Stormed    *Stormed `json:"simulator,omitempty"`
}

func (f SimulatorFigures) microseconds() float64 { return 1e6 * f.CPUSeconds / float64(f.Requests) }

// Simulator measures user and system CPU per request of our simulator, history and all, and of the public load
// generators on PATH, against one server without a database. All are measured alike: a process from its start to its
// end, by what the kernel noted of it; and what counts as a request is what the server says it has granted, whatever
// the program says.
func Simulator(ctx context.Context, o SimulatorOptions) (result *SimulatorResult, err error) {
	l, err := lab.Start(ctx, lab.Options{Kind: lab.KindFront, Counter: lab.CounterMemory, Binary: o.Binary,
		Products: []lab.Product{benchProduct()}})
	if err != nil {
		return nil, fmt.Errorf("start the server without a database: %w", err)
	}
	defer func() { err = errors.Join(err, TakeDown(l)) }()
	dir, err := os.MkdirTemp("", "flashsale-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for scripts: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &simulatorBench{o: o, lab: l, post: post{url: l.URLs()[0] + api.PathHolds, body: `{"product_id":1,"qty":1}`,
		connections: o.Connections, seconds: int(o.Measure.Seconds()), dir: dir}, programs: findPrograms(), rates: map[string]float64{}}
	if err := s.post.writeScripts(); err != nil {
		return nil, err
	}
	return s.run(ctx)
}

// summarize fills in medians, spreads and ratios.
func (r *SimulatorResult) summarize() {
	r.Microsec, r.Ratios = map[string]float64{}, map[string]float64{}
	for i := range r.Programs {
		p := &r.Programs[i]
		if p.Missing != "" {
			continue
		}
		var costs, rates, ratios []float64
		var sends, late int64
		for _, round := range r.Rounds {
			f := round[p.Name]
			costs = append(costs, f.microseconds())
			rates = append(rates, float64(f.Requests)/float64(r.Seconds))
			ratios = append(ratios, round[simulatorName].microseconds()/f.microseconds())
			if f.Stormed != nil {
				sends, late, p.LateAfter = sends+f.Stormed.Sends, late+f.Stormed.Late, f.Stormed.LateAfter
			}
		}
		p.Cost, p.Rate = SpreadOf(costs), SpreadOf(rates)
		r.Microsec[p.Name] = p.Cost.Median
		if p.Name != simulatorName {
			r.Ratios[simulatorName+"_vs_"+p.Name] = median(ratios)
		} else if sends > 0 {
			share := float64(late) / float64(sends)
			p.Late = &share
		}
	}
}
