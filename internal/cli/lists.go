package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"flashsale/checker"
	"flashsale/internal/strawman"
	"flashsale/scenarios"
	"flashsale/simulator/fault"
)

// newList makes a command that prints a name and a line of why, for each thing there is; --names prints
// the names alone, for scripts.
func newList(use, short string, list func(line func(name, why string)) error) *cobra.Command {
	var namesOnly bool
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cannot(list(func(name, why string) { printListed(cmd.OutOrStdout(), name, why, namesOnly) }))
		}}
	cmd.Flags().BoolVar(&namesOnly, "names", false, "print the names alone")
	return cmd
}

func printListed(out io.Writer, name, why string, nameOnly bool) {
	if nameOnly {
		fmt.Fprintln(out, name)
		return
	}
	fmt.Fprintf(out, "%-24s %s\n", name, strings.Join(strings.Fields(why), " "))
}

func newScenarios() *cobra.Command {
	return newList("scenarios", "List the built-in scenarios", func(line func(name, why string)) error {
		all, err := scenarios.List()
		for _, sc := range all {
			line(sc.Name, sc.Why)
		}
		return err
	})
}

func newGuards() *cobra.Command {
	return newList("guards", "List the guards that the strawman can go without", func(line func(name, why string)) error {
		for _, g := range strawman.Guards() {
			line(g.Name, fmt.Sprintf("without it: %s (caught by %s)", g.Why, strings.Join(g.CaughtBy, ", ")))
		}
		return nil
	})
}

func newFaults() *cobra.Command {
	return newList("faults", "List the faults that a scenario can inject", func(line func(name, why string)) error {
		for _, k := range fault.Kinds() {
			line(k.Name, k.Why)
		}
		return nil
	})
}

func newChecks() *cobra.Command {
	return newList("checks", "List the promises that the checker holds a run to", func(line func(name, why string)) error {
		for _, c := range checker.Checks() {
			line(c.Name, c.Promise)
		}
		return nil
	})
}
