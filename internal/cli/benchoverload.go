package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench/overload"
)

// quickOverloadMeasure is how long --quick measures a load.
const quickOverloadMeasure = 2 * time.Second

func newBenchOverload() *cobra.Command {
	o := overload.Defaults()
	var quick bool
	var jsonFile, plotDir string
	cmd := &cobra.Command{Use: "overload", Args: cobra.NoArgs,
		Short: "Up to three times what slow commits allow: goodput, refusals, waits, recovery",
		Long: "Makes commits slow, finds how many holds a second that allows, and offers from half to\n" +
			"three times as many, in an open loop. Then keeps the highest load up while commits become slow and fast again.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			o.Report = func(line string) { fmt.Fprintln(out, line) }
			if quick && !cmd.Flags().Changed("rounds") {
				o.Rounds = 1
			}
			if quick && !cmd.Flags().Changed("measure") {
				o.Measure = quickOverloadMeasure
			}
			if err := o.Validate(); err != nil {
				return refuse(err)
			}
			if err := checkImage(o.DSN, o.Image); err != nil {
				return err
			}
			result, err := overload.Run(cmd.Context(), o)
			if err != nil {
				return cannot(err)
			}
			fmt.Fprint(out, "\n", result.Table())
			if err := writeJSON(jsonFile, result); err != nil {
				return cannot(err)
			}
			return cannot(writeBenchPlots(plotDir, result.Plots()...))
		}}
	flags := cmd.Flags()
	flags.StringVar(&o.DSN, "dsn", "", "database server to use; else a private one is started")
	imageFlag(flags, &o.Image)
	flags.DurationVar(&o.CommitDelay, "commit-delay", o.CommitDelay, "by which every commit is slowed down")
	flags.IntVar(&o.BatchMax, "batch-max", o.BatchMax, "commands in one transaction, at most; with the delay, it caps the capacity")
	flags.Float64SliceVar(&o.Multiples, "loads", o.Multiples, "offered loads, as multiples of the capacity, rising")
	flags.IntVar(&o.Rounds, "rounds", o.Rounds, "how often each load is measured, and the recovery")
	flags.DurationVar(&o.Measure, "measure", o.Measure, "how long each load is measured; all else takes its time in proportion")
	flags.IntVar(&o.Connections, "connections", o.Connections, "connections at most; an arrival that finds none free is sent late")
	flags.BoolVar(&quick, "quick", false, fmt.Sprintf("1 round of %s a load", quickOverloadMeasure))
	flags.StringVar(&jsonFile, "json", "", "write the result to this file")
	flags.StringVar(&plotDir, "plots", "", "draw the result into this directory")
	return cmd
}
