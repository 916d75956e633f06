package cli

import (
	"github.com/spf13/cobra"

	"flashsale/internal/lab"
)

// newKeeper is the process that ends a lab's children when the lab dies; only labs start it.
func newKeeper() *cobra.Command {
	return &cobra.Command{
		Use: lab.KeeperCommand, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cannot(lab.KeeperMain(cmd.InOrStdin(), cmd.OutOrStdout()))
		},
	}
}
