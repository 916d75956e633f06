package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/database"
	"flashsale/internal/evidence"
	"flashsale/simulator"
)

// Series makes n runs with successive seeds, prints a line for each and a summary, and returns the worst
// exit code. Runs that an earlier series saved under the same root (same plan, same system) are not made
// again, so a series that was interrupted goes on where it stopped. A run that cannot be made ends it.
func Series(ctx context.Context, o Options, n int, newID func() string, out io.Writer) (worst int, err error) {
	saved, err := savedRuns(o)
	if err != nil {
		return 0, err
	}
	first, sum := o.Seed, totals{codes: map[int]int{}}
	for i := range n {
		o.Seed, o.RunID = first+uint64(i), newID()
		run, v, err := once(ctx, o, saved, out)
		if err != nil {
			return worst, err
		}
		sum.add(run, v)
		worst = Worse(worst, v.ExitCode)
		if ctx.Err() != nil {
			break
		}
	}
	sum.write(out)
	return worst, nil
}

// once makes one run of a series, unless it is saved already, and prints its line.
func once(ctx context.Context, o Options, saved map[string]string, out io.Writer) (*evidence.Run, *checker.Verdict, error) {
	started, again := time.Now(), ""
	dir, ok := saved[identity(simulator.NewPlan(o.Scenario, o.Seed).Hash(), o.System)]
	if ok {
		again = "  (saved before)"
	} else {
		outcome, err := Run(ctx, o)
		if err != nil {
			return nil, nil, fmt.Errorf("seed %d: %w", o.Seed, err)
		}
		dir = outcome.Dir
	}
	run, errRun := evidence.ReadRun(dir)
	v, errVerdict := checker.ReadVerdict(dir)
	if err := errors.Join(errRun, errVerdict); err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(out, "seed %-10d exit %-3d %6.1fs  %s%s%s\n", o.Seed, v.ExitCode, time.Since(started).Seconds(), dir, brokenNames(v), again)
	return run, v, nil
}

func brokenNames(v *checker.Verdict) string {
	var names []string
	for _, c := range v.Checks {
		if c.Verdict == checker.Fail {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "  broken: " + strings.Join(names, ", ")
}

// identity tells runs apart that are worth making: the plan, and what it was played against.
func identity(planHash string, s System) string {
	l, ours := s.(Lab)
	if !ours {
		return "" // a target changes under our feet: every run of it is a new one
	}
	return describeIdentity(planHash, l.Kind, l.Without, l.DSN != "", l.Image)
}

func describeIdentity(planHash, kind string, without []string, foreign bool, image string) string {
	sorted := slices.Sorted(slices.Values(without))
	return fmt.Sprintf("%s %s without %s, foreign database %t, image %s", planHash, kind, strings.Join(sorted, ","), foreign, image)
}

// savedRuns finds the finished, uninterrupted and judged runs of a scenario, by identity.
func savedRuns(o Options) (map[string]string, error) {
	parent := filepath.Join(o.Out, o.Scenario.Name)
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for saved runs: %w", err)
	}
	saved := map[string]string{}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		run, err := evidence.ReadRun(dir)
		if err != nil || run.Interrupted != "" || run.Build != o.Build {
			continue // unfinished, of another build, or not a run at all
		}
		if _, err := os.Stat(filepath.Join(dir, checker.VerdictFile)); err == nil {
			saved[describeIdentity(run.PlanHash, run.Server.Kind, run.Server.Without,
				run.Database.Source == database.SourceDSN, run.Invocation.Image)] = dir
		}
	}
	return saved, nil
}

// Worse returns the worse of two verdicts' exit codes: broken beats undecided beats a missed threshold.
func Worse(a, b int) int {
	severity := []int{checker.ExitHeld, checker.ExitThreshold, checker.ExitUndecided, checker.ExitBroken}
	if slices.Index(severity, b) > slices.Index(severity, a) {
		return b
	}
	return a
}
