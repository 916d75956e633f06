package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"flashsale/internal/evidence"
	"flashsale/scenarios"
	"flashsale/simulator"
)

// StormOptions say what our simulator does when its own cost is measured.
type StormOptions struct {
	Target      string        // base URL
	Product     int64         // what the buyers hold
	Rate        float64       // buyers per second, each with one hold
	Measure     time.Duration // for how long they come
	Connections int           // holds in flight, at most
}

// Stormed is what the simulator did.
type Stormed struct {
	Operations int64            `json:"operations"` // recorded, every attempt
	Counts     map[string]int64 `json:"counts"`     // by kind and outcome
	Sends      int64            `json:"sends"`      // what the open model is held to:
	Late       int64            `json:"late_sends"` // these left more than LateAfter past their time
	LateAfter  float64          `json:"late_after_ms"`
}

// stormScenario is a crowd that does what a load generator does: hold, and go. Everything else about the run is as in
// every run: the plan is drawn, each hold has a key, the history is recorded, and in the end the product is read.
const stormScenario = `
name: bench-simulator
why: What one request of the simulator costs, next to public load generators.
products: {stock: 1000000000}
server: {hold_ttl: 1ms, sweep_interval: 1ms}
arrivals:
  phases:
    - {kind: constant, rate: %g, duration: %s}
buyers: {browse: 0, abandon: 1, overstay: 0, double_send: 0, order_twice: 0, steal: 0, read_back: 0}
quiesce: {deadline: 30s, sample: 0}
`

const (
	stormSeed   = 1                        // fixed: the rounds repeat one plan
	stormSecret = "whsec_bm9ib2R5IHBheXM=" // nobody pays, but the provider must be able to sign
)

// Storm runs the simulator against a server and writes its history, as in a real run, to a temporary file.
func Storm(ctx context.Context, o StormOptions) (stormed *Stormed, err error) {
	sc, err := scenarios.Parse("bench-simulator.yaml", fmt.Appendf(nil, stormScenario, o.Rate, o.Measure))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "flashsale-storm-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the history: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	history, err := evidence.CreateOperations(dir, sc.Name)
	if err != nil {
		return nil, err
	}
	result, stormErr := simulator.Run(ctx, simulator.Config{
		Scenario: sc, Seed: stormSeed, RunID: sc.Name, Targets: []string{o.Target}, Secret: stormSecret,
		ProductIDs: []int64{o.Product}, Foreign: true, Recorder: history, InFlight: o.Connections,
	})
	rows, err := history.Close()
	if err := errors.Join(stormErr, err); err != nil {
		return nil, err
	}
	if result.Interrupted != "" {
		return nil, fmt.Errorf("the storm was cut short: %s", result.Interrupted)
	}
	return &Stormed{Operations: rows, Counts: result.Counts, Sends: result.Sends.Total, Late: result.Sends.Late,
		LateAfter: float64(result.Sends.LateAfterNS) / 1e6}, nil
}

// StormCommand is our own hidden command that runs Storm and prints Stormed as JSON.
const StormCommand = "storm"

// Arguments is its command line.
func (o StormOptions) Arguments() []string {
	return []string{"bench", StormCommand, "--target", o.Target, "--product", strconv.FormatInt(o.Product, 10),
		"--rate", strconv.FormatFloat(o.Rate, 'f', -1, 64), "--measure", o.Measure.String(),
		"--connections", strconv.Itoa(o.Connections)}
}

func readStormed(file string) (*Stormed, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	stormed := &Stormed{}
	if err := json.Unmarshal(text, stormed); err != nil {
		return nil, fmt.Errorf("the simulator said %q: %w", text, err)
	}
	return stormed, nil
}
