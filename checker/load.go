package checker

import (
	"context"
	"fmt"
	"path/filepath"

	"flashsale/internal/evidence"
)

// Evidence is what a run left behind, in memory.
type Evidence struct {
	Run        *evidence.Run
	Operations []evidence.Operation // in the order of their returns
	Start      *evidence.Tables     // nil: not declared, or in trouble
	Final      *evidence.Tables     // nil: not declared, or in trouble

	// Trouble tells why evidence that the run declares cannot be used: missing, damaged, of another run, or
	// not as long as declared. Checks that need it are undecided.
	Trouble map[Need]string
}

// Check judges the run directory runDir from its files alone. An error means that there is no run to
// judge: run.json is missing or cannot be read, or ctx ended. Any other trouble is part of the verdict.
func Check(ctx context.Context, runDir string) (*Verdict, error) {
	ev, err := Load(ctx, runDir)
	if err != nil {
		return nil, err
	}
	return Judge(ev), nil
}

// Load reads the evidence of a run directory.
func Load(ctx context.Context, runDir string) (*Evidence, error) {
	run, err := evidence.ReadRun(runDir)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	ev := &Evidence{Run: run, Trouble: make(map[Need]string)}
	if err := ev.loadOperations(ctx, runDir); err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	ev.Start = ev.loadTables(runDir, evidence.Start, NeedStart, run.Declared.StartTables)
	ev.Final = ev.loadTables(runDir, evidence.Final, NeedFinal, run.Declared.FinalTables)
	return ev, nil
}

func (ev *Evidence) loadOperations(ctx context.Context, runDir string) error {
	declared := ev.Run.Declared.Operations
	err := evidence.ReadOperations(runDir, ev.Run.ID, func(batch []evidence.Operation) error {
		ev.Operations = append(ev.Operations, batch...)
		return ctx.Err()
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		ev.Trouble[NeedOperations] = err.Error()
	case int64(len(ev.Operations)) != declared:
		ev.Trouble[NeedOperations] = fmt.Sprintf("%s holds %d rows, %d are declared",
			filepath.Join(runDir, evidence.OperationsFile), len(ev.Operations), declared)
	}
	return nil
}

// loadTables reads a snapshot if the run declares one, and notes what is wrong with it.
func (ev *Evidence) loadTables(runDir, when string, need Need, declared map[string]int64) *evidence.Tables {
	if declared == nil {
		return nil
	}
	tables, err := evidence.ReadTables(runDir, when, ev.Run.ID)
	if err != nil {
		ev.Trouble[need] = err.Error()
		return nil
	}
	for table, rows := range tables.Rows() {
		if rows != declared[table] {
			ev.Trouble[need] = fmt.Sprintf("%s holds %d rows of %s, %d are declared",
				filepath.Join(runDir, evidence.TablesDir, when), rows, table, declared[table])
			return nil
		}
	}
	return tables
}
