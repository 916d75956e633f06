package cli

import (
	"github.com/spf13/cobra"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports"
)

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check RUN_DIR", Short: "Judge a saved run again, from its evidence alone",
		Long: "Judges the evidence in a run directory, as simulate did, and prints the summary. It changes nothing there.\n\n" + exitCodesHelp,
		Args: exactly(1, "a run directory, as runs/latest"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			run, err := evidence.ReadRun(dir)
			if err != nil {
				return refuse(err)
			}
			v, err := checker.Check(cmd.Context(), dir)
			if err != nil {
				return cannot(err)
			}
			// Figures that cannot be had are no reason to withhold the verdict, which says what is missing.
			stats, _ := reports.Measure(dir, run)
			err = reports.Terminal(cmd.OutOrStdout(), run, v, stats, reports.Options{Color: reports.WantsColor(cmd.OutOrStdout()), RunDir: dir})
			if err != nil {
				return cannot(err)
			}
			return verdict(v.ExitCode)
		},
	}
}
