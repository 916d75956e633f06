package trial

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"flashsale/internal/evidence"
	"flashsale/simulator"
)

// storm runs the scenario against the system and saves the evidence: the scenario as run, the tables
// before and after, and the history and the commits, which stream to disk while the run goes on. What it
// returns is run.json's content. An interrupt is not an error; evidence that cannot be saved is.
func storm(ctx context.Context, o Options, system running, dir string) (*evidence.Run, error) {
	run, err := describe(o, system)
	if err != nil {
		return nil, err
	}
	asRun, err := o.Scenario.YAML()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "scenario.yaml"), asRun, 0o644); err != nil {
		return nil, fmt.Errorf("save the scenario: %w", err)
	}
	database, err := startDatabaseSide(ctx, o, system, dir, run)
	if err != nil {
		return nil, err
	}
	if err := record(ctx, o, system, dir, run); err != nil {
		return nil, errors.Join(err, database.close())
	}
	return run, database.finish()
}

// record runs the scenario and saves what the clients saw.
func record(ctx context.Context, o Options, system running, dir string, run *evidence.Run) error {
	history, err := evidence.CreateOperations(dir, o.RunID)
	if err != nil {
		return err
	}
	result, stormErr := simulate(ctx, o, system, history)
	rows, err := history.Close()
	if err != nil { // what broke the history also ended the storm: one error, not two
		return err
	}
	if stormErr != nil {
		return stormErr
	}
	run.Declared.Operations = rows
	run.Probes, run.Sends, run.ElapsedNS = result.Probes, result.Sends, result.Elapsed.Nanoseconds()
	run.Faults = result.Faults
	run.Interrupted = result.Interrupted
	return nil
}

func simulate(ctx context.Context, o Options, system running, history simulator.Recorder) (simulator.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	defer close(watched)
	go func() { // a system that breaks by itself ends the run
		select {
		case <-system.failed():
			cancel(system.failure())
		case <-watched:
		}
	}()
	_, foreign := system.(runningTarget)
	return simulator.Run(ctx, simulator.Config{
		Scenario: o.Scenario, Seed: o.Seed, RunID: o.RunID, Targets: system.targets(), Secret: system.secret(),
		ProductIDs: system.products(), Foreign: foreign, Clock: system.clock(), Harm: system.harm(), Recorder: history,
		Progress: o.Progress, Terminal: o.Terminal,
	})
}

// describe fills in what is known before the first request.
func describe(o Options, system running) (*evidence.Run, error) {
	sc := o.Scenario
	plan := simulator.NewPlan(sc, o.Seed)
	run := &evidence.Run{
		Version: evidence.RunVersion, ID: o.RunID, Scenario: sc.Name, Seed: o.Seed, PlanHash: plan.Hash(),
		StartedAt: time.Now().UTC(), Invocation: o.Invocation, Build: o.Build, Faults: []evidence.Fault{}, Gaps: []string{},
		Exercise: sc.Expect.Exercise, Broken: sc.Expect.Broken,
	}
	for _, t := range sc.Thresholds {
		run.Thresholds = append(run.Thresholds, evidence.Threshold(t))
	}
	system.describe(run)
	return run, nil
}

// snapshotWait bounds reading the tables, also after an interrupt.
const snapshotWait = 2 * time.Minute

func saveTables(ctx context.Context, db *sql.DB, dir, when, runID string) (map[string]int64, error) {
	if db == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotWait)
	defer cancel()
	return evidence.SaveSnapshot(ctx, db, dir, when, runID)
}

// saveFinal reads the tables as the run left them, whether it was interrupted or not. A database that
// cannot be read any more is a gap in the evidence, not the end of what there is.
func saveFinal(system running, dir string, run *evidence.Run) map[string]int64 {
	rows, err := saveTables(context.Background(), system.tables(), dir, evidence.Final, run.ID)
	if err != nil {
		run.Gaps = append(run.Gaps, fmt.Sprintf("no final tables: %v", err))
		return nil
	}
	return rows
}
