package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"flashsale/internal/bench"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{Use: "bench server|checker", Short: "Measure, against others, on this machine", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newBenchServer(), newBenchChecker())
	return cmd
}

func newBenchServer() *cobra.Command {
	o := bench.ServerOptions{Rounds: 5, Measure: 5 * time.Second}
	var quick bool
	var jsonFile string
	cmd := &cobra.Command{Use: "server", Short: "Holds per second against the strawman, interleaved, every commit durable", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Connections < 1 || o.Connections > 1024 {
				return badInput("--connections %d: from 1 to 1024", o.Connections)
			}
			if err := checkImage(o.DSN, o.Image); err != nil {
				return err
			}
			if quick {
				o.Rounds, o.Measure = 3, 3*time.Second
			}
			out := cmd.OutOrStdout()
			o.Report = func(line string) { fmt.Fprintln(out, line) }
			result, err := bench.Server(cmd.Context(), o)
			if err != nil {
				return cannot(err)
			}
			fmt.Fprintf(out, "median: %.1fx the strawman, closed loop, %d connections\n", result.Ratios["holds_vs_strawman"], result.Connections)
			return cannot(writeJSON(jsonFile, result))
		}}
	flags := cmd.Flags()
	flags.StringVar(&o.DSN, "dsn", "", "database server to use; else private ones are started")
	imageFlag(flags, &o.Image)
	flags.IntVar(&o.Connections, "connections", 256, "connections in a closed loop")
	flags.BoolVar(&quick, "quick", false, "3 rounds of 3 s instead of 5 of 5 s")
	flags.StringVar(&jsonFile, "json", "", "write the result to this file")
	return cmd
}

// writeJSON writes a result for machines, if a file was asked for.
func writeJSON(file string, v any) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
