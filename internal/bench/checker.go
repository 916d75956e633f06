package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"flashsale/internal/bench/synth"
	"flashsale/internal/database"
	"flashsale/internal/evidence"
	"flashsale/internal/lab"
)

// CheckerOptions set up the measurement of what it costs to judge a run.
type CheckerOptions struct {
	Sizes  []int64        // operations, at least synth.OperationsMin each
	Rounds int            // each judges every size once; the first round alone judges those of OnceFrom or more
	Seed   uint64         // of the made-up runs
	Keep   string         // directory for the made-up runs: they stay, and are used again; empty: a temporary one
	Binary string         // our own program; empty: the running one
	Follow *FollowOptions // measures what following the binlog costs, too; nil: does not
	Report func(line string)
}

// OnceFrom is from how many operations on a run is judged in one round only.
const OnceFrom = 5_000_000

// quotedLines is how much of a check's output an error quotes.
const quotedLines = 40

// CheckerResult is what judging runs of several sizes cost. The maps are by the number of operations that
// was asked for; their values are medians of the rounds.
type CheckerResult struct {
	Machine Machine            `json:"machine"`
	Seed    uint64             `json:"seed"`
	Seconds map[string]float64 `json:"seconds"`
	PeakMiB map[string]float64 `json:"peak_mib"`
	Sizes   []CheckerSize      `json:"sizes"`

	FollowCost *float64      `json:"follow_cost,omitempty"` // share of a server's throughput that it loses
	Follow     *FollowResult `json:"follow,omitempty"`
}

// CheckerSize is one made-up run and what judging it cost, round by round.
type CheckerSize struct {
	Asked       int64            `json:"operations_asked"`
	Operations  int64            `json:"operations"`
	Commits     int64            `json:"commits"`
	Rows        map[string]int64 `json:"rows"`             // of the final tables
	MiB         float64          `json:"mib"`              // on disk
	MakeSeconds float64          `json:"generate_seconds"` // 0: it was there already
	Judged      []Judged         `json:"rounds"`

	dir string
}

// Judged is one `flashsale check`, as a process of its own.
type Judged struct {
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
	PeakMiB    float64 `json:"peak_mib"`
	ExitCode   int     `json:"exit_code"`
}

// Checker makes runs of several sizes up, has `flashsale check` judge each in every round, and says what
// that took. The runs are innocent: an exit code other than 0 makes the figures worthless, and is an error
// that comes together with them.
func Checker(ctx context.Context, o CheckerOptions) (result *CheckerResult, err error) {
	root := o.Keep
	if root == "" {
		if root, err = os.MkdirTemp("", "flashsale-bench-"); err != nil {
			return nil, fmt.Errorf("make a directory for the runs: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	}
	result = &CheckerResult{Machine: ThisMachine(), Seed: o.Seed,
		Seconds: map[string]float64{}, PeakMiB: map[string]float64{}}
	for _, n := range o.Sizes {
		size, err := makeUp(ctx, o, root, n)
		if err != nil {
			return nil, err
		}
		result.Sizes = append(result.Sizes, *size)
	}
	wrong, err := result.judge(ctx, o, root)
	if err != nil {
		return nil, err
	}
	if o.Follow != nil {
		if result.Follow, err = Follow(ctx, *o.Follow); err != nil {
			return nil, err
		}
		result.FollowCost = &result.Follow.Cost
	}
	return result, wrong
}

// judge has every run judged round by round. wrong is the first verdict that is.
func (r *CheckerResult) judge(ctx context.Context, o CheckerOptions, root string) (wrong, err error) {
	for round := range o.Rounds {
		for i := range r.Sizes {
			size := &r.Sizes[i]
			if round > 0 && size.Asked >= OnceFrom {
				continue
			}
			judged, err := judge(ctx, o, root, size)
			if judged == nil {
				return nil, err
			}
			if wrong == nil {
				wrong = err
			}
			size.Judged = append(size.Judged, *judged)
			o.Report(fmt.Sprintf("round %d  %11d operations  %8.2f s  %8.0f MiB",
				round+1, size.Operations, judged.Seconds, judged.PeakMiB))
		}
	}
	r.summarize()
	return wrong, nil
}

func (r *CheckerResult) summarize() {
	for _, s := range r.Sizes {
		name := strconv.FormatInt(s.Asked, 10)
		r.Seconds[name] = median(s.each(func(j Judged) float64 { return j.Seconds }))
		r.PeakMiB[name] = median(s.each(func(j Judged) float64 { return j.PeakMiB }))
	}
}

func (s *CheckerSize) each(figure func(Judged) float64) []float64 {
	values := make([]float64, len(s.Judged))
	for i, j := range s.Judged {
		values[i] = figure(j)
	}
	return values
}

// makeUp makes the run of a size, unless it is there from an earlier time.
func makeUp(ctx context.Context, o CheckerOptions, root string, operations int64) (*CheckerSize, error) {
	size := &CheckerSize{Asked: operations, dir: filepath.Join(root, fmt.Sprintf("%d-seed-%d", operations, o.Seed))}
	run, err := evidence.ReadRun(size.dir)
	if err != nil {
		if err := os.MkdirAll(size.dir, 0o755); err != nil {
			return nil, err
		}
		started := time.Now()
		if run, err = synth.Write(ctx, size.dir, synth.Options{Operations: operations, Seed: o.Seed}); err != nil {
			return nil, err
		}
		size.MakeSeconds = time.Since(started).Seconds()
	}
	size.Operations, size.Rows = run.Declared.Operations, run.Declared.FinalTables
	if run.Declared.Commits != nil {
		size.Commits = *run.Declared.Commits
	}
	if size.MiB, err = mebibytes(size.dir); err != nil {
		return nil, err
	}
	o.Report(fmt.Sprintf("made up  %11d operations  %8d commits  %6.1f MiB on disk  %6.1f s",
		size.Operations, size.Commits, size.MiB, size.MakeSeconds))
	return size, nil
}

func mebibytes(dir string) (float64, error) {
	total := int64(0)
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return float64(total) / (1 << 20), err
}

// judge has a process of its own judge a run. With figures, an error says that the verdict is wrong.
func judge(ctx context.Context, o CheckerOptions, root string, size *CheckerSize) (*Judged, error) {
	log := filepath.Join(root, "check.log")
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		return nil, err
	}
	cost, err := lab.Measure(ctx, o.Binary, log, "check", size.dir)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", size.dir, err)
	}
	judged := &Judged{Seconds: cost.Wall.Seconds(), CPUSeconds: cost.CPU.Seconds(),
		PeakMiB: float64(cost.PeakBytes) / (1 << 20), ExitCode: cost.ExitCode}
	if cost.ExitCode != 0 {
		return judged, fmt.Errorf("an innocent run of %d operations was judged with exit code %d:\n%s", size.Operations,
			cost.ExitCode, database.LogTail(log, quotedLines))
	}
	return judged, nil
}
