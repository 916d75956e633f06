package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports"
	"flashsale/reports/compare"
)

// reportFlags is what `flashsale report` is told.
type reportFlags struct {
	maxRegression string
	page          string
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use: "report RUN_DIR...", Short: "Draw a saved run's reports again, or lay runs side by side",
		Long: "One run directory: draws its plots, report.html, summary.md and junit.xml again, from the saved verdict.\n" +
			"Two or more: lays them side by side, the first being the baseline, prints what got worse and writes a page.\n" +
			"With --max-regression the exit code is a gate: 1 if a later run broke a promise, 2 if a run is undecided or\n" +
			"has no figures to compare, 99 if a p99 or a rate got worse by more than that. Without it, it is 0.\n\n" +
			exitCodesHelp,
		RunE: func(cmd *cobra.Command, dirs []string) error {
			gate := cmd.Flags().Changed("max-regression")
			return f.run(cmd.Context(), dirs, gate, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.maxRegression, "max-regression", "10%",
		"how much worse a p99 or a rate may be than the first run's")
	flags.StringVar(&f.page, "page", "comparison.html", "where the page with runs side by side goes")
	return cmd
}

func (f *reportFlags) run(ctx context.Context, dirs []string, gate bool, out io.Writer) error {
	limit, err := parsePercent(f.maxRegression)
	switch {
	case err != nil:
		return badInput("--max-regression %q: give a percentage, as 10%%", f.maxRegression)
	case len(dirs) == 0:
		return badInput("which run? Give a run directory, as runs/latest, or several to compare")
	case len(dirs) > compare.RunsMax:
		return badInput("%d runs are too many to tell apart: %d at most", len(dirs), compare.RunsMax)
	case gate && len(dirs) == 1:
		return badInput("--max-regression compares: give the baseline's run directory first, then another")
	}
	sides := make([]compare.Side, len(dirs))
	for i, dir := range dirs {
		if sides[i], err = loadSide(ctx, dir); err != nil {
			return err
		}
	}
	if len(sides) == 1 {
		return renderAgain(sides[0], out)
	}
	return f.compare(compare.Of(sides, limit), gate, out)
}

// loadSide reads a run and its verdict; a run without one is judged now.
func loadSide(ctx context.Context, path string) (compare.Side, error) {
	dir, err := evidence.Locate(path)
	if err != nil {
		return compare.Side{}, refuse(err)
	}
	run, err := evidence.ReadRun(dir)
	if err != nil {
		return compare.Side{}, refuse(err)
	}
	v, err := checker.ReadVerdict(dir)
	if err != nil {
		if v, err = checker.Check(ctx, dir); err != nil {
			return compare.Side{}, cannot(err)
		}
	}
	// Figures that cannot be had are no reason to withhold the rest: the verdict says what is missing.
	stats, _ := reports.Measure(dir, run)
	return compare.Side{Dir: dir, Run: run, Verdict: v, Stats: stats}, nil
}

func renderAgain(s compare.Side, out io.Writer) error {
	if err := reports.WriteAll(s.Dir, s.Run, s.Verdict, s.Stats); err != nil {
		return cannot(err)
	}
	fmt.Fprintf(out, "drawn again: %s, %s, %s and %s/ in %s\n",
		reports.PageFile, reports.SummaryFile, reports.JUnitFile, reports.PlotsDir, s.Dir)
	return nil
}

func (f *reportFlags) compare(c *compare.Comparison, gate bool, out io.Writer) error {
	if err := reports.Comparison(out, c, reports.WantsColor(out)); err != nil {
		return cannot(err)
	}
	if err := reports.WriteComparison(f.page, c); err != nil {
		return cannot(err)
	}
	fmt.Fprintf(out, "\nside by side: %s\n", f.page)
	if !gate {
		return nil
	}
	return verdict(c.ExitCode())
}

// parsePercent reads 10% or 10 as a tenth.
func parsePercent(text string) (float64, error) {
	percent, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%")), 64)
	if err == nil && !(percent >= 0 && percent <= 1e6) {
		err = strconv.ErrRange
	}
	return percent / 100, err
}
