package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/lab"
)

// ServerOptions set up the comparison of the server with the strawman.
type ServerOptions struct {
	DSN         string        // database server to use; empty: private ones
	Image       string        // run the private ones in containers of this image
	Rounds      int           // each measures every contestant once
	Measure     time.Duration // per contestant and round
	Connections int           // in a closed loop
	Report      func(line string)
}

// Round is what one round measured, in holds per second.
type Round struct {
	Flashsale float64 `json:"flashsale"`
	Strawman  float64 `json:"strawman"`
}

// ServerResult is the outcome of the comparison.
type ServerResult struct {
	Machine     Machine            `json:"machine"`
	Connections int                `json:"connections"`
	Rounds      []Round            `json:"rounds_holds_per_second"`
	Ratios      map[string]float64 `json:"ratios"`
}

// The bench's stock is ample: nothing is refused. Its holds outlast the run, so the strawman's SUM grows
// with them as it would in a sale; it begins with none, which flatters it.
const (
	benchStock = 1 << 40
	benchTTL   = time.Hour
	warmUp     = 500 * time.Millisecond
	closeWait  = 30 * time.Second
)

func benchProduct() lab.Product {
	return lab.Product{ID: 1, Name: "Bench", Price: 1, StockTotal: benchStock}
}

// Server measures holds per second of our server and of the strawman, each on a durable database of its
// own, in a closed loop.
func Server(ctx context.Context, o ServerOptions) (result *ServerResult, err error) {
	var labs []*lab.Lab
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		for _, l := range labs {
			err = errors.Join(err, l.Close(closing))
		}
	}()
	for _, kind := range []string{lab.KindFlashsale, lab.KindStrawman} {
		l, err := lab.Start(ctx, lab.Options{DSN: o.DSN, Image: o.Image, Kind: kind, HoldTTL: benchTTL,
			Products: []lab.Product{benchProduct()}})
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", kind, err)
		}
		labs = append(labs, l)
	}
	result = &ServerResult{Machine: thisMachine(), Connections: o.Connections}
	for n := range o.Rounds {
		var rates [2]float64
		for i, l := range labs {
			if rates[i], err = holdRate(ctx, l.URLs()[0], o.Connections, o.Measure); err != nil {
				return nil, err
			}
		}
		result.Rounds = append(result.Rounds, Round{Flashsale: rates[0], Strawman: rates[1]})
		o.Report(fmt.Sprintf("round %d  flashsale %8.0f holds/s   strawman %8.0f holds/s   %5.1fx", n+1, rates[0], rates[1], rates[0]/rates[1]))
	}
	result.Ratios = map[string]float64{"holds_vs_strawman": medianRatio(result.Rounds)}
	return result, nil
}

func medianRatio(rounds []Round) float64 {
	ratios := make([]float64, len(rounds))
	for i, r := range rounds {
		ratios[i] = r.Flashsale / r.Strawman
	}
	return median(ratios)
}
