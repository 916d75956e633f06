package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench"
)

// benchSimulatorFlags is what `flashsale bench simulator` is told.
type benchSimulatorFlags struct {
	bench.SimulatorOptions
	quick    bool
	jsonFile string
	plotDir  string
}

func newBenchSimulator() *cobra.Command {
	f := benchSimulatorFlags{SimulatorOptions: bench.SimulatorOptions{Rounds: 5, Measure: 5 * time.Second}}
	cmd := &cobra.Command{Use: "simulator", Short: "CPU per request of the simulator, next to public load generators", Args: cobra.NoArgs,
		Long: "Has the simulator, its history on, and every public load generator found on PATH (wrk, bombardier, ab, oha, hey,\n" +
			"vegeta, k6) post holds to one server that has no database, in turns, and says what CPU a request took each of\n" +
			"them, user and system.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			f.Report = func(line string) { fmt.Fprintln(out, line) }
			if err := f.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			result, err := bench.Simulator(cmd.Context(), f.SimulatorOptions)
			if err != nil {
				return cannot(err)
			}
			fmt.Fprint(out, "\n", result.Table())
			if err := writeJSON(f.jsonFile, result); err != nil {
				return cannot(err)
			}
			return cannot(writeBenchPlots(f.plotDir, result.Plot().Figure()))
		}}
	flags := cmd.Flags()
	flags.IntVar(&f.Rounds, "rounds", f.Rounds, "how often each program is measured")
	flags.DurationVar(&f.Measure, "measure", f.Measure, "how long each time, in whole seconds")
	flags.IntVar(&f.Connections, "connections", 256, "connections: of the load generators in closed loops, of ours at most")
	flags.Float64Var(&f.Rate, "rate", 0, fmt.Sprintf("holds per second of the simulator (default %.0f %% of the fastest load generator's)",
		100*bench.RateShare))
	flags.BoolVar(&f.quick, "quick", false, "3 rounds of 2 s")
	flags.StringVar(&f.jsonFile, "json", "", "write the result to this file")
	flags.StringVar(&f.plotDir, "plots", "", "draw the result into this directory")
	return cmd
}

// Bounds of what may be asked for.
const (
	benchRoundsMax  = 1000
	benchRateMax    = 1_000_000
	benchMeasureMax = time.Hour
)

// complete checks what was given and fills in what follows from it.
func (f *benchSimulatorFlags) complete(given func(flag string) bool) error {
	if f.quick && !given("rounds") {
		f.Rounds = 3
	}
	if f.quick && !given("measure") {
		f.Measure = 2 * time.Second
	}
	switch {
	case f.Rounds < 1 || f.Rounds > benchRoundsMax:
		return badInput("--rounds %d: from 1 to %d", f.Rounds, benchRoundsMax)
	case f.Measure < time.Second || f.Measure > benchMeasureMax || f.Measure%time.Second != 0:
		return badInput("--measure %s: whole seconds from 1s to 1h", f.Measure)
	case f.Connections < 1 || f.Connections > 1024:
		return badInput("--connections %d: from 1 to 1024", f.Connections)
	case f.Rate < 0 || f.Rate > benchRateMax:
		return badInput("--rate %g: from 1 to %d, or 0 for the default", f.Rate, benchRateMax)
	}
	return nil
}

// newBenchStorm is what `bench simulator` measures of us, as a process of its own.
func newBenchStorm() *cobra.Command {
	var o bench.StormOptions
	cmd := &cobra.Command{
		Use: bench.StormCommand, Short: "Post holds with the simulator, as bench simulator wants it", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stormed, err := bench.Storm(cmd.Context(), o)
			if err != nil {
				return cannot(err)
			}
			return cannot(json.NewEncoder(cmd.OutOrStdout()).Encode(stormed))
		}}
	flags := cmd.Flags()
	flags.StringVar(&o.Target, "target", "http://127.0.0.1:8080", "base URL of the server")
	flags.Int64Var(&o.Product, "product", 1, "id of the product to hold")
	flags.Float64Var(&o.Rate, "rate", 1000, "holds per second")
	flags.DurationVar(&o.Measure, "measure", time.Second, "for how long")
	flags.IntVar(&o.Connections, "connections", 256, "holds in flight, at most")
	return cmd
}
