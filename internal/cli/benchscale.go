package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench/scale"
	"flashsale/reports/plots"
)

// What --quick measures.
const (
	quickScaleRounds  = 2
	quickScaleMeasure = 300 * time.Millisecond
)

func newBenchScale() *cobra.Command {
	o := scale.Options{Rounds: 3, Measure: 1500 * time.Millisecond}
	var quick bool
	var jsonFile, plotDir string
	cmd := &cobra.Command{Use: "scale", Short: "How holds per second change with connections, holds, products, servers, batches, fsync", Args: cobra.NoArgs,
		Long: "Sweeps one setting at a time, all else as it was, in interleaved rounds and a closed loop:\n  " +
			strings.Join(scale.Names(), ", ") + ".\n" +
			"The server's own metrics tell why a curve bends. Every commit is durable, except in one half of fsync.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			o.Report = func(text string) { fmt.Fprintln(out, text) }
			if quick && !cmd.Flags().Changed("rounds") {
				o.Rounds = quickScaleRounds
			}
			if quick && !cmd.Flags().Changed("measure") {
				o.Measure = quickScaleMeasure
			}
			if err := o.Validate(); err != nil {
				return refuse(err)
			}
			if err := checkImage(o.DSN, o.Image); err != nil {
				return err
			}
			result, err := scale.Run(cmd.Context(), o)
			if err != nil {
				return cannot(err)
			}
			var figures []plots.Figure
			for _, sweep := range result.Sweeps {
				figures = append(figures, sweep.Plot().Figure())
			}
			if err := writeJSON(jsonFile, result); err != nil {
				return cannot(err)
			}
			return cannot(writeBenchPlots(plotDir, figures...))
		}}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Only, "only", nil, "a sweep to make instead of all; repeat it for more")
	flags.Int64SliceVar(&o.Points, "points", nil, "where to measure the one sweep that --only names, rising")
	flags.IntVar(&o.Rounds, "rounds", o.Rounds, "how often each point is measured")
	flags.DurationVar(&o.Measure, "measure", o.Measure, "how long each time")
	flags.IntVar(&o.Connections, "connections", 256, "connections, where they are not what is swept")
	flags.Uint64Var(&o.Seed, "seed", 1, "of which product each request asks for")
	flags.StringVar(&o.DSN, "dsn", "", "database server to use; else private ones are started. fsync is left out then")
	imageFlag(flags, &o.Image)
	flags.BoolVar(&quick, "quick", false, fmt.Sprintf("%d rounds of %s a point", quickScaleRounds, quickScaleMeasure))
	flags.StringVar(&jsonFile, "json", "", "write the result to this file")
	flags.StringVar(&plotDir, "plots", "", "draw every sweep into this directory")
	return cmd
}
