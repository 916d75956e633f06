package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/internal/lab"
	"flashsale/internal/strawman"
	"flashsale/internal/trial"
	"flashsale/reports"
	"flashsale/scenarios"
)

// simulateFlags is what `flashsale simulate` is told.
type simulateFlags struct {
	seed       uint64
	seedGiven  bool
	runs       int
	dsn        string
	image      string
	server     string
	without    []string
	targets    []string
	product    int64
	secretFile string
	set        []string
	out        string
	keep       bool
	logLevel   string
}

// runsMax bounds --runs; a series of a month is a mistake.
const runsMax = 100_000

func newSimulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use: "simulate SCENARIO...", Short: "Storm a server, save the evidence, judge it",
		Long: "Starts a database and servers, runs each scenario (a built-in name or a YAML file), saves what happened\n" +
			"under --out, and judges it. Give --seed to plan the same run again.\n\n" + exitCodesHelp,
		RunE: func(cmd *cobra.Command, names []string) error {
			f.seedGiven = cmd.Flags().Changed("seed")
			return f.run(cmd.Context(), names, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 0, "plan this run; else the scenario's seed, or one that is drawn and printed")
	flags.IntVar(&f.runs, "runs", 1, "runs with successive seeds; runs that are saved already are not made again")
	flags.StringVar(&f.dsn, "dsn", "", "database server to make a database on; else a private one is started")
	imageFlag(flags, &f.image)
	flags.StringVar(&f.server, "server", lab.KindFlashsale, "what to storm: flashsale or strawman")
	flags.StringArrayVar(&f.without, "without", nil, "guard the strawman goes without (repeatable), see flashsale guards")
	flags.StringArrayVar(&f.targets, "target", nil, "a running server instead, as http://127.0.0.1:8080 (repeatable: replicas)")
	flags.Int64Var(&f.product, "product", 1, "with --target: the product to buy")
	flags.StringVar(&f.secretFile, "webhook-secret-file", "", "with --target: file with its webhook secret")
	flags.StringArrayVar(&f.set, "set", nil, "override a key of the scenario, as arrivals.phases[0].rate=500 (repeatable)")
	flags.StringVar(&f.out, "out", "runs", "where run directories go")
	flags.BoolVar(&f.keep, "keep", false, "keep the run's database")
	flags.StringVar(&f.logLevel, "log-level", "warn", "debug, info, warn or error")
	completeNames(cmd)
	return cmd
}

// completeNames lets the shell complete scenarios, besides files, and guards.
func completeNames(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return scenarios.Names(), cobra.ShellCompDirectiveDefault
	}
	guards := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, g := range strawman.Guards() {
			names = append(names, g.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("without", guards)
}

func (f *simulateFlags) run(ctx context.Context, names []string, out, progress io.Writer) error {
	if len(names) == 0 {
		return badInput("which scenario? One of %s, or a YAML file", strings.Join(scenarios.Names(), ", "))
	}
	if f.runs < 1 || f.runs > runsMax {
		return badInput("--runs %d: from 1 to %d", f.runs, runsMax)
	}
	logger, err := newLogger(progress, f.logLevel)
	if err != nil {
		return err
	}
	system, err := f.system()
	if err != nil {
		return err
	}
	loaded := make([]*scenarios.Scenario, len(names)) // all of them first: nothing runs on bad input
	for i, name := range names {
		if loaded[i], err = scenarios.Load(name, f.set...); err != nil {
			return refuse(err)
		}
		if err := loaded[i].VerifyChecks(checkNames()); err != nil {
			return refuse(err)
		}
		if err := trial.CheckFaults(loaded[i], system); err != nil {
			return refuse(err)
		}
	}
	noCommits := sayOnce(out)
	worst := exitHeld
	for i, sc := range loaded {
		o := trial.Options{Scenario: sc, Seed: f.seedFor(sc), System: system, Out: f.out, Build: build(),
			Invocation: f.invocation(names[i]), Progress: progress, Terminal: isTerminal(progress), Logger: logger,
			NoCommits: noCommits}
		code, err := f.runScenario(ctx, o, out)
		if err != nil && ctx.Err() != nil {
			return interrupted(sc.Name)
		}
		if err != nil {
			return cannot(err)
		}
		worst = trial.Worse(worst, code)
		if ctx.Err() != nil {
			break
		}
	}
	return verdict(worst)
}

// runScenario runs one scenario: once, with its whole summary, or as a series with a line a run.
func (f *simulateFlags) runScenario(ctx context.Context, o trial.Options, out io.Writer) (code int, err error) {
	if f.runs > 1 {
		o.Progress = nil
		return trial.Series(ctx, o, f.runs, newRunID, out)
	}
	o.RunID = newRunID()
	fmt.Fprintf(out, "flashsale: %s, seed %d\n", o.Scenario.Name, o.Seed)
	outcome, err := trial.Run(ctx, o)
	if err != nil {
		return exitCannot, err
	}
	if outcome.Kept != "" {
		fmt.Fprintln(out, outcome.Kept)
	}
	return outcome.Verdict.ExitCode, reports.Terminal(out, outcome.Run, outcome.Verdict, &outcome.Stats, reports.Options{
		Color: reports.WantsColor(out), RunDir: outcome.Dir})
}

// sayOnce prints, for all the runs of a command together, why they have no commit log and what they miss by it.
func sayOnce(out io.Writer) func(why string) {
	var once sync.Once
	return func(why string) {
		once.Do(func() {
			fmt.Fprintf(out, "flashsale: no commit log: %s\n  skipped for it: %s\n", why, strings.Join(commitChecks(), ", "))
		})
	}
}

// commitChecks names what cannot be judged without a commit log.
func commitChecks() []string {
	var names []string
	for _, c := range checker.Checks() {
		if slices.Contains(c.Needs, checker.NeedCommits) {
			names = append(names, c.Name)
		}
	}
	return names
}

// invocation is what run.json keeps of the command line. The DSN, which holds a password, is none of it.
func (f *simulateFlags) invocation(scenario string) evidence.Invocation {
	said := evidence.Invocation{Scenario: scenario, Overrides: append([]string{}, f.set...), Image: f.image}
	if len(f.targets) > 0 {
		said.Targets, said.Product, said.SecretFile = f.targets, f.product, f.secretFile
	}
	return said
}

// seedFor is the user's seed, or the scenario's, or a drawn one: short enough to be read out.
func (f *simulateFlags) seedFor(sc *scenarios.Scenario) uint64 {
	switch {
	case f.seedGiven || f.seed != 0:
		return f.seed
	case sc.Seed != nil:
		return *sc.Seed
	}
	return mathrand.Uint64N(1_000_000_000)
}

// system turns the flags into what is stormed.
func (f *simulateFlags) system() (trial.System, error) {
	switch {
	case len(f.targets) > 0 && (f.dsn != "" || f.image != "" || f.server != lab.KindFlashsale || f.keep):
		return nil, badInput("--target storms a server that runs already: --dsn, --image, --server and --keep do not go with it")
	case len(f.targets) > 0:
		return f.target()
	case f.server != lab.KindFlashsale && f.server != lab.KindStrawman:
		return nil, badInput("--server %q: %s or %s", f.server, lab.KindFlashsale, lab.KindStrawman)
	case len(f.without) > 0 && f.server != lab.KindStrawman:
		return nil, badInput("--without goes with --server strawman only: our server has no guard to remove")
	}
	if err := checkImage(f.dsn, f.image); err != nil {
		return nil, err
	}
	if err := strawman.CheckGuards(f.without); err != nil {
		return nil, refuse(err)
	}
	return trial.Lab{DSN: f.dsn, Image: f.image, Kind: f.server, Without: f.without, Keep: f.keep}, nil
}

func (f *simulateFlags) target() (trial.System, error) {
	for i, t := range f.targets {
		u, err := url.Parse(t)
		if err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
			return nil, badInput("--target %q: give http://HOST:PORT", t)
		}
		f.targets[i] = strings.TrimSuffix(t, "/")
	}
	secrets, err := readSecrets(f.secretFile)
	if err != nil {
		return nil, refuse(err)
	}
	if len(secrets) == 0 {
		return nil, badInput("--target needs --webhook-secret-file, or its payments would all be refused")
	}
	if f.product < 1 {
		return nil, badInput("--product %d: give the id of a product on sale there", f.product)
	}
	return trial.Target{URLs: f.targets, WebhookSecret: secrets[0], ProductID: f.product}, nil
}

// newRunID names a run: when, and four bytes so that two runs of one second differ.
func newRunID() string {
	var nonce [4]byte
	_, _ = rand.Read(nonce[:]) // never fails, see crypto/rand
	return time.Now().UTC().Format("20060102-150405-") + hex.EncodeToString(nonce[:])
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// checkNames lists what a scenario may expect of.
func checkNames() []string {
	var names []string
	for _, c := range checker.Checks() {
		names = append(names, c.Name)
	}
	return names
}
