package trial

import (
	"fmt"
	"io"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// totals add up what the runs of a series have come to.
type totals struct {
	runs       int
	codes      map[int]int // runs by their verdict's exit code
	operations int64
	commits    int64
	faults     int
	bitten     int
	recovery   time.Duration // the slowest
	survived   int64         // acknowledged answers that were looked up
	lost       int64         // and those of them that were not there as told
}

// acknowledged is the check that looks up what was acknowledged.
const acknowledged = "acknowledged-survives"

func (t *totals) add(run *evidence.Run, v *checker.Verdict) {
	t.runs++
	t.codes[v.ExitCode]++
	t.operations += run.Declared.Operations
	if run.Declared.Commits != nil {
		t.commits += *run.Declared.Commits
	}
	for _, f := range run.Faults {
		t.faults++
		if f.Bitten {
			t.bitten++
		}
	}
	t.recovery = max(t.recovery, run.SlowestRecovery())
	for _, c := range v.Checks {
		if c.Name != acknowledged {
			continue
		}
		t.survived += c.Exercised
		for _, violation := range c.Violations {
			t.lost += violation.Count
		}
	}
}

// write tells people, in a line for the verdicts, one for how much was judged, and one for the faults if any.
func (t *totals) write(out io.Writer) {
	fmt.Fprintf(out, "%d runs: %d held, %d broken, %d undecided, %d missed a threshold; broken in %.1f %% of them\n", t.runs,
		t.codes[checker.ExitHeld], t.codes[checker.ExitBroken], t.codes[checker.ExitUndecided], t.codes[checker.ExitThreshold],
		100*float64(t.codes[checker.ExitBroken])/float64(max(t.runs, 1)))
	fmt.Fprintf(out, "%d operations, %d commits; %d acknowledged answers looked up, %d lost or not as told\n",
		t.operations, t.commits, t.survived, t.lost)
	if t.faults > 0 {
		fmt.Fprintf(out, "%d faults, %d bit; slowest recovery %d ms\n", t.faults, t.bitten, t.recovery.Milliseconds())
	}
}
