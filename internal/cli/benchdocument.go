package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flashsale/internal/bench/document"
)

// newBenchDocument writes docs/performance.md; make performance calls it.
func newBenchDocument() *cobra.Command {
	var from, out string
	cmd := &cobra.Command{Use: "document", Short: "Write the page about performance from what the others measured", Hidden: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			results, err := document.Load(from)
			if errors.Is(err, document.ErrNothing) {
				return refuse(err)
			}
			if err == nil {
				err = results.Write(out)
			}
			if err != nil {
				return cannot(err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "wrote", out)
			return nil
		}}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "runs/performance", "directory with server.json, simulator.json and so on, as --json has written them")
	flags.StringVar(&out, "out", "docs/performance.md", "the page; its plots go into images beside it")
	return cmd
}
