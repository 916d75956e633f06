package synth

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"flashsale/internal/evidence"
)

// Options say what sale to make up.
type Options struct {
	Operations int64  // about how many attempts clients shall have made; at least OperationsMin
	Seed       uint64 // the same seed and size give the same files
}

// OperationsMin is the least that a sale can do with and still exercise every check.
const OperationsMin = 5_000

// The sale's own settings. Times are microseconds.
const (
	epochUS   = 1_800_000_000_000_000 // what the database's clock shows at the run's start
	ttlUS     = 2_000_000
	sweepUS   = 200_000
	restUS    = 1_000_000 // between the last change and the final reads
	buyersPer = 333       // one arrives every so many microseconds, on average: 3,000 a second

	operationsPerBuyer = 5.67 // on average, as measured
	contextEvery       = 1 << 14
)

// Write makes up a sale and saves its evidence in dir, which must be there and empty.
func Write(ctx context.Context, dir string, o Options) (*evidence.Run, error) {
	if o.Operations < OperationsMin {
		return nil, fmt.Errorf("make up a sale: %d operations, at least %d are needed", o.Operations, OperationsMin)
	}
	out, err := createFiles(dir, o)
	if err != nil {
		return nil, fmt.Errorf("make up a sale: %w", err)
	}
	s := newSale(o, out)
	err = s.run(ctx)
	declared, closeErr := out.close()
	if err = errors.Join(err, closeErr); err != nil {
		return nil, fmt.Errorf("make up a sale: %w", err)
	}
	run := out.describe(s, declared)
	return run, evidence.WriteRun(dir, run) // last: a directory with a run.json is whole
}

// sale is the whole simulated world.
type sale struct {
	agenda
	random *rand.Rand
	out    *files
	err    error // the first trouble; the run ends with it

	products []*product
	heat     []float64 // of each product, the share of buyers who want it or one before it
	holds    window[hold]
	orders   window[order]
	events   window[event]
	log      binlog

	buyers   int64 // still to arrive
	arrived  int64
	attempts int64
	phase    string
}

func newSale(o Options, out *files) *sale {
	s := &sale{
		random: rand.New(rand.NewPCG(o.Seed, uint64(o.Operations))),
		out:    out, buyers: int64(float64(o.Operations) / operationsPerBuyer), phase: evidence.PhaseStorm,
	}
	s.stock()
	return s
}

// run lets the sale happen, from opening to rest.
func (s *sale) run(ctx context.Context) error {
	for _, p := range s.products {
		s.keep(s.out.start.Append(p.Product))
	}
	s.in(sweepUS, s.sweep)
	s.in(openMaxNS/1000+buyersPer, s.arrival)
	if err := s.drain(ctx); err != nil {
		return err
	}
	s.phase = evidence.PhaseFinal
	for _, p := range s.products {
		s.in(restUS, func() { s.send(s.readProduct(0, p.ID, nothing)) })
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	s.retire(true)
	for _, p := range s.products {
		s.keep(s.out.products.Append(p.Product))
	}
	return s.err
}

// drain goes on until nothing is left to happen.
func (s *sale) drain(ctx context.Context) error {
	for n := 0; s.err == nil && s.next(); n++ {
		if n%contextEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return s.err
}

// keep notes trouble with the files.
func (s *sale) keep(err error) {
	if err != nil && s.err == nil {
		s.err = err
	}
}

// clock is the database's clock.
func (s *sale) clock() int64 { return epochUS + s.now }

func (s *sale) chance(share float64) bool { return s.random.Float64() < share }

func (s *sale) between(low, high int64) int64 { return low + s.random.Int64N(high-low+1) }

func nothing(*evidence.Operation) {}
