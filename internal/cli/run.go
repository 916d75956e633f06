package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

const exitCodesHelp = `Exit codes:
  0    every promise held
  1    a promise was broken
  2    undecided: declared evidence is missing, too little happened to judge, or interrupted
  99   a threshold was missed
  254  bad arguments or scenario
  255  could not run (database, port, disk), or an internal error
Broken beats undecided beats threshold beats pass.

Every flag can also be given as FLASHSALE_*, as in FLASHSALE_DSN for --dsn; the flag wins.`

// Run executes one command line and returns the exit code. ctx ends when the user interrupts.
func Run(ctx context.Context, args []string, streams Streams) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitHeld
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitBadInput, err: err} // what cobra itself refuses
	}
	if exit.err != nil {
		fmt.Fprintf(streams.Err, "flashsale: %v\n", exit.err)
	}
	return exit.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "flashsale",
		Short: "A checkout that cannot oversell, a simulator that storms it, a checker that proves it",
		Long: "flashsale serves a checkout for flash sales, storms it with thousands of concurrent buyers and shuffled,\n" +
			"duplicated webhooks, and proves from evidence that nothing was oversold.\n\n" + exitCodesHelp,
		SilenceUsage:      true,
		SilenceErrors:     true,
		Args:              noArguments,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newServe(), newSimulate(), newCheck(), newWatch(), newReport(), newScenarios(), newGuards(), newFaults(), newChecks(), newMigrate(),
		newProduct(), newWebhook(), newBench(), newVersion(), newKeeper(), newStrawman(), newFront())
	return root
}

// noArguments refuses an unknown subcommand with a suggestion, where cobra would print the help.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return badInput("unknown command %q: did you mean %q?", args[0], near[0])
	}
	return badInput("unknown command %q: see flashsale --help", args[0])
}
