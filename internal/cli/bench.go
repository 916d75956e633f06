package cli

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{Use: "bench server|simulator|checker|scale|overload", Short: "Measure, against others, on this machine", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newBenchServer(), newBenchSimulator(), newBenchChecker(), newBenchScale(), newBenchOverload(), newBenchStorm(), newBenchDocument())
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
