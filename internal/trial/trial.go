// Package trial is one run from beginning to end, and the same for many seeds: set the system up, storm
// it, save the evidence, judge it, report. Everything is saved before anything is judged, and whatever
// goes wrong on the way, what was seen until then is kept.
package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports"
	"flashsale/scenarios"
)

// Options say what to run.
type Options struct {
	Scenario   *scenarios.Scenario
	Seed       uint64
	RunID      string // names the run, its database and its keys: letters, digits, dashes
	System     System // what is stormed
	Out        string // root of the run directories
	Build      evidence.Build
	Invocation evidence.Invocation // what the user said, for whoever repeats the run
	Progress   io.Writer           // where people look; nil for nowhere
	Terminal   bool                // Progress is a terminal
	Logger     *slog.Logger

	// NoCommits is told, before a run begins, why it will have no commit log; nil: nobody is.
	NoCommits func(why string)
}

// Outcome is a run that was saved and judged.
type Outcome struct {
	Dir     string // the finished run directory
	Run     *evidence.Run
	Verdict *checker.Verdict
	Stats   reports.Stats
	Kept    string // how to get at the database, if it was kept
}

// Run makes one run. An error means that it could not be run, or its evidence not be saved: there is no
// verdict then, and no run directory unless evidence had been saved. An interrupted run is no error: its
// verdict is undecided.
func Run(ctx context.Context, o Options) (*Outcome, error) {
	dir, err := evidence.Create(o.Out, o.Scenario.Name, o.RunID)
	if err != nil {
		return nil, err
	}
	running, err := o.System.start(ctx, o, dir.Path())
	if err != nil {
		return nil, errors.Join(err, dir.Discard())
	}
	run, err := storm(ctx, o, running, dir.Path())
	err = errors.Join(err, closeSystem(running))
	if err != nil {
		return nil, errors.Join(err, dir.Discard())
	}
	if err := errors.Join(evidence.WriteRun(dir.Path(), run), dir.Finish()); err != nil {
		return nil, err
	}
	return judge(o, dir.Path(), run, running.kept())
}

// closeWait bounds what taking a system down may take, also after an interrupt.
const closeWait = time.Minute

func closeSystem(s running) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return s.close(ctx)
}

// judge checks the saved run, from its files like anybody else would, and writes the reports.
func judge(o Options, dir string, run *evidence.Run, kept string) (*Outcome, error) {
	verdict, err := checker.Check(context.Background(), dir)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	stats, err := reports.Measure(dir, run)
	if err != nil {
		o.Logger.Warn("figures are incomplete", "error", err)
	}
	if err := errors.Join(verdict.Write(dir), reports.WriteAll(dir, run, verdict, stats)); err != nil {
		return nil, fmt.Errorf("report on %s: %w", dir, err)
	}
	return &Outcome{Dir: dir, Run: run, Verdict: verdict, Stats: stats, Kept: kept}, nil
}
