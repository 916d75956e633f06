package checker

import (
	"context"
	"fmt"

	"flashsale/internal/evidence"
)

// Evidence is what a run left behind, in memory: for whoever has it there already.
type Evidence struct {
	Run        *evidence.Run
	Operations []evidence.Operation // in the order of their returns
	Commits    []evidence.Commit    // in the database's order
	Start      *evidence.Tables     // nil: not declared, or in trouble
	Final      *evidence.Tables     // nil: not declared, or in trouble

	// Trouble tells why evidence that the run declares cannot be used. Checks that need it are undecided.
	Trouble map[Need]string
}

// Check judges the run directory runDir from its files alone, which are streamed: what stays in memory is some
// 150 bytes for each operation. An error means that there is no run to judge: run.json is missing or cannot be
// read, or ctx ended. Any other trouble is part of the verdict.
func Check(ctx context.Context, runDir string) (*Verdict, error) {
	run, err := evidence.ReadRun(runDir)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	v := judge(run, directory{ctx, runDir, run}, nil)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	return v, nil
}

// Judge puts every check and threshold to the evidence. It is a function of its argument alone.
func Judge(ev *Evidence) *Verdict { return judge(ev.Run, memory{ev}, ev.Trouble) }
