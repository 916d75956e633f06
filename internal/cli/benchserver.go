package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench"
)

// benchServerFlags is what `flashsale bench server` is told.
type benchServerFlags struct {
	bench.ServerOptions
	quick    bool
	jsonFile string
	plotDir  string
}

func newBenchServer() *cobra.Command {
	f := benchServerFlags{ServerOptions: bench.ServerOptions{Rounds: 5, Measure: 5 * time.Second}}
	cmd := &cobra.Command{Use: "server", Args: cobra.NoArgs,
		Short: "The server against the strawman, Redis, and itself without a database",
		Long: "Measures holds, whole checkouts, reads and refusals per second in interleaved rounds, every commit durable:\n" +
			"our server, the plain one with and without a counter column, a counter in Redis behind our front (where\n" +
			"redis-server is installed), and our front with nothing behind it. Then a product with very many active holds\n" +
			"against an empty one, and the latency of holds at half of the peak, open loop. In the end the databases must\n" +
			"agree with what was answered.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			f.Report = func(line string) { fmt.Fprintln(out, line) }
			if err := f.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			result, err := bench.Server(cmd.Context(), f.ServerOptions)
			if result != nil {
				fmt.Fprint(out, "\n", result.Table())
				err = errors.Join(err, writeJSON(f.jsonFile, result), writeBenchPlots(f.plotDir, result.Plot().Figure()))
			}
			return cannot(err)
		}}
	flags := cmd.Flags()
	flags.StringVar(&f.DSN, "dsn", "", "database server to use; else private ones are started")
	imageFlag(flags, &f.Image)
	flags.IntVar(&f.Rounds, "rounds", f.Rounds, "how often each is measured")
	flags.DurationVar(&f.Measure, "measure", f.Measure, "how long each time")
	flags.IntVar(&f.Connections, "connections", 256, "connections")
	flags.Int64Var(&f.Active, "active-holds", 10_000, "active holds on the product at the start, of our server and the plain one")
	flags.Int64Var(&f.Many, "many-holds", 1_000_000, "active holds on the product that is compared with an empty one")
	flags.BoolVar(&f.quick, "quick", false, "3 rounds, shorter ones")
	flags.StringVar(&f.jsonFile, "json", "", "write the result to this file")
	flags.StringVar(&f.plotDir, "plots", "", "draw the result into this directory")
	return cmd
}

// complete checks what was given and fills in what follows from it.
func (f *benchServerFlags) complete(given func(flag string) bool) error {
	if f.quick && !given("rounds") {
		f.Rounds = 3
	}
	if f.quick && !given("measure") {
		f.Measure = 1500 * time.Millisecond
	}
	switch {
	case f.Rounds < 1 || f.Rounds > 1000:
		return badInput("--rounds %d: from 1 to 1000", f.Rounds)
	case f.Connections < 1 || f.Connections > 1024:
		return badInput("--connections %d: from 1 to 1024", f.Connections)
	case f.Measure < 100*time.Millisecond || f.Measure > 10*time.Minute:
		return badInput("--measure %s: from 100ms to 10m", f.Measure)
	case f.Active < 0 || f.Active > bench.HoldsMost:
		return badInput("--active-holds %d: from 0 to %d", f.Active, bench.HoldsMost)
	case f.Many < 0 || f.Many > bench.HoldsMost:
		return badInput("--many-holds %d: from 0 to %d", f.Many, bench.HoldsMost)
	}
	return checkImage(f.DSN, f.Image)
}
