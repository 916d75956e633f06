package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench"
	"flashsale/internal/bench/synth"
	"flashsale/reports"
	"flashsale/reports/plots"
)

// benchSizeMax bounds the runs to be made up; the largest needs some 70 GB of disk.
const benchSizeMax = 1_000_000_000

// benchCheckerFlags is what `flashsale bench checker` is told.
type benchCheckerFlags struct {
	bench.CheckerOptions
	follow   bench.FollowOptions
	followed bool
	quick    bool
	jsonFile string
	plotDir  string
}

func newBenchChecker() *cobra.Command {
	f := benchCheckerFlags{
		CheckerOptions: bench.CheckerOptions{Rounds: 5},
		follow:         bench.FollowOptions{Measure: 5 * time.Second},
	}
	cmd := &cobra.Command{Use: "checker", Short: "Seconds and memory to judge runs of ten thousand to ten million operations", Args: cobra.NoArgs,
		Long: fmt.Sprintf("Makes runs up, innocent ones with their commits, and has `flashsale check` judge each in every round, runs of\n"+
			"%d operations or more in the first round only. Then measures what it costs a server that its commits are\n"+
			"followed.", bench.OnceFrom),
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			f.Report = func(line string) { fmt.Fprintln(out, line) }
			if err := f.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			result, err := bench.Checker(cmd.Context(), f.CheckerOptions)
			if result != nil {
				fmt.Fprint(out, "\n", result.Table())
				err = errors.Join(err, writeJSON(f.jsonFile, result), writeBenchPlots(f.plotDir, result.Plot().Figure()))
			}
			return cannot(err)
		}}
	flags := cmd.Flags()
	flags.Int64SliceVar(&f.Sizes, "sizes", []int64{10_000, 100_000, 1_000_000, 10_000_000}, "operations of the runs")
	flags.IntVar(&f.Rounds, "rounds", f.Rounds, "how often each is judged, and the server measured")
	flags.Uint64Var(&f.Seed, "seed", 1, "of the runs that are made up")
	flags.StringVar(&f.Keep, "keep", "", "directory in which the runs stay, and are used again; else they are removed")
	flags.BoolVar(&f.followed, "follow", true, "measure the cost of following commits, too")
	flags.StringVar(&f.follow.DSN, "dsn", "", "database server to use for that; else a private one is started")
	imageFlag(flags, &f.follow.Image)
	flags.IntVar(&f.follow.Connections, "connections", 256, "connections for that, in a closed loop")
	flags.DurationVar(&f.follow.Measure, "measure", f.follow.Measure, "how long each time")
	flags.BoolVar(&f.quick, "quick", false, "3 rounds, shorter ones of the server, and no run of ten million operations")
	flags.StringVar(&f.jsonFile, "json", "", "write the result to this file")
	flags.StringVar(&f.plotDir, "plots", "", "draw the result into this directory")
	return cmd
}

// complete checks what was given and fills in what follows from it.
func (f *benchCheckerFlags) complete(given func(flag string) bool) error {
	if f.quick && !given("rounds") {
		f.Rounds = 3
	}
	if f.quick && !given("measure") {
		f.follow.Measure = 3 * time.Second
	}
	if f.quick && !given("sizes") {
		f.Sizes = f.Sizes[:3]
	}
	switch {
	case f.Rounds < 1 || f.Rounds > 1000:
		return badInput("--rounds %d: from 1 to 1000", f.Rounds)
	case f.follow.Connections < 1 || f.follow.Connections > 1024:
		return badInput("--connections %d: from 1 to 1024", f.follow.Connections)
	case f.follow.Measure < 100*time.Millisecond || f.follow.Measure > time.Hour:
		return badInput("--measure %s: from 100ms to 1h", f.follow.Measure)
	case len(f.Sizes) == 0:
		return badInput("--sizes: at least one")
	}
	for _, n := range f.Sizes {
		if n < synth.OperationsMin || n > benchSizeMax {
			return badInput("--sizes %d: from %d to %d", n, synth.OperationsMin, benchSizeMax)
		}
	}
	if f.followed {
		f.follow.Rounds, f.follow.Report = f.Rounds, f.Report
		f.Follow = &f.follow
	}
	return checkImage(f.follow.DSN, f.follow.Image)
}

// writeBenchPlots draws results, if a directory was given for them.
func writeBenchPlots(dir string, figures ...plots.Figure) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, figure := range figures {
		if err := reports.WritePlot(dir, figure); err != nil {
			return err
		}
	}
	return nil
}
