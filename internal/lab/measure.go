package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"flashsale/internal/database"
)

// Cost is what a process took from its start to its end.
type Cost struct {
	Wall      time.Duration `json:"wall_ns"`
	CPU       time.Duration `json:"cpu_ns"`     // user and system
	PeakBytes int64         `json:"peak_bytes"` // the most that was resident; 0: the system does not tell
	ExitCode  int           `json:"exit_code"`
}

// costOf reads what the kernel noted of an ended process. Wall is not among it.
func costOf(state *os.ProcessState) *Cost {
	if state == nil {
		return nil
	}
	return &Cost{CPU: state.UserTime() + state.SystemTime(), PeakBytes: peakBytes(state), ExitCode: state.ExitCode()}
}

// Measure runs our own program, the one at binary or, if that is empty, the running one, to its end and
// says what that took: memory and CPU are the program's alone, whatever the caller has used itself. Its
// output is appended to logFile. An exit code is a result; an error means that it did not end by itself.
func Measure(ctx context.Context, binary, logFile string, args ...string) (Cost, error) {
	o, err := Options{Binary: binary}.withDefaults()
	if err != nil {
		return Cost{}, err
	}
	return MeasureProgram(ctx, o.Binary, database.Program{Path: o.Binary, Args: args, LogFile: logFile})
}

// MeasureProgram is Measure for any program; keeper is our own, which starts it. If that is empty, the running one is.
func MeasureProgram(ctx context.Context, keeper string, program database.Program) (cost Cost, err error) {
	if err := supported(); err != nil {
		return Cost{}, err
	}
	o, err := Options{Binary: keeper}.withDefaults()
	if err != nil {
		return Cost{}, err
	}
	k, err := startKeeper(o.Binary)
	if err != nil {
		return Cost{}, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	started := time.Now()
	p, err := k.start(ctx, program)
	if err != nil {
		return Cost{}, err
	}
	select {
	case <-p.exited:
	case <-ctx.Done(): // the keeper ends it
		return Cost{}, context.Cause(ctx)
	}
	wall := time.Since(started)
	if p.cost == nil || p.cost.ExitCode < 0 {
		return Cost{}, fmt.Errorf("%s did not end by itself: %w", filepath.Base(program.Path), p.how)
	}
	cost = *p.cost
	cost.Wall = wall
	return cost, nil
}
