package checker

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"flashsale/internal/evidence"
)

// judge reads the evidence, puts every check and threshold to it, and fetches what shows the violations. known is
// trouble that was met before.
func judge(run *evidence.Run, from source, known map[Need]string) *Verdict {
	in := takeIn(run, from, known)
	v := &Verdict{Version: VerdictVersion, RunID: run.ID, Reasons: in.reasons()}
	ix := newIndex(in)
	rulings := judgeAll(ix)
	v.Thresholds = judgeThresholds(ix)
	var accused []*accusation
	for _, r := range rulings {
		accused = append(accused, r.accused...)
	}
	if err := in.fetch(from, accused); err != nil {
		v.Reasons = append(v.Reasons, "what shows the violations could not be read: "+err.Error())
	}
	for _, r := range rulings {
		for _, a := range r.accused {
			r.Violations = append(r.Violations, a.Violation)
		}
		v.Checks = append(v.Checks, r.Result)
	}
	if !slices.ContainsFunc(v.Checks, func(r Result) bool { return r.Verdict != Skipped }) {
		v.Reasons = append(v.Reasons, "no check had anything to judge")
	}
	v.ExitCode = exitCode(v)
	return v
}

// judgeAll runs the checks, as many at a time as there are cores: none of them writes to the index. Those that
// share a pass over all answers are asked last, so that nobody waits for it in others' stead.
func judgeAll(ix *index) []ruling {
	checks := registry()
	rulings := make([]ruling, len(checks))
	var pool errgroup.Group
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for _, joint := range []bool{false, true} {
		for i, c := range checks {
			if c.joint == joint {
				pool.Go(func() error {
					rulings[i] = c.run(ix)
					return nil
				})
			}
		}
	}
	_, _ = pool.Wait(), ix.early.Wait() // a check that crashes is undecided, and fails nobody else
	return rulings
}

// exitCode: broken beats undecided beats a missed threshold beats held. A promise that the scenario expects
// to be broken is broken all the same: the exit code tells the truth about the shop, not about the plan.
func exitCode(v *Verdict) int {
	words := make(map[Word]bool)
	for _, r := range v.Checks {
		words[r.Verdict] = true
	}
	missed, unmeasured := false, false
	for _, r := range v.Thresholds {
		missed = missed || r.Verdict == Fail
		unmeasured = unmeasured || r.Verdict == Undecided
	}
	switch {
	case words[Fail]:
		return ExitBroken
	case words[Undecided] || unmeasured || len(v.Reasons) > 0:
		return ExitUndecided
	case missed:
		return ExitThreshold
	default:
		return ExitHeld
	}
}

// reasons says why the run as a whole proves nothing, however its checks went.
func (in *intake) reasons() []string {
	reasons := []string{}
	if why := in.run.Interrupted; why != "" {
		reasons = append(reasons, "the run was interrupted: "+why)
	}
	for _, gap := range in.run.Gaps {
		reasons = append(reasons, "the evidence has a gap: "+gap)
	}
	for _, f := range in.run.Faults {
		if why := unproved(in.run, f); why != "" {
			reasons = append(reasons, why)
		}
	}
	for _, need := range slices.Sorted(maps.Keys(in.trouble)) {
		reasons = append(reasons, "declared evidence cannot be used: "+in.trouble[need])
	}
	if s := in.run.Sends; s.Late > s.LateMax {
		reasons = append(reasons, fmt.Sprintf(
			"%d of %d requests were sent late, %d are allowed: the load was not what the plan says", s.Late, s.Total, s.LateMax))
	}
	if in.history.Operations == 0 && in.trouble[NeedOperations] == "" {
		reasons = append(reasons, "no operation was recorded")
	}
	return append(reasons, misnamed(in.run)...)
}

// unproved says why a run with this fault does not show what its scenario set out to show: the harm was not done, or
// the system never got over it. An interruption is reason enough for the latter.
func unproved(run *evidence.Run, f evidence.Fault) string {
	what := fmt.Sprintf("the fault %s on %s, injected at %.1f s, ", f.Name, f.Victim, float64(f.Injected)/1e9)
	switch {
	case f.Missed():
		return fmt.Sprintf("the fault %s on %s was not injected: %s", f.Name, f.Victim, f.Detail)
	case !f.Bitten:
		return what + "did not bite: " + cmp.Or(f.Detail, "the victim shows nothing")
	case f.Recovered == 0 && run.Interrupted == "":
		return what + "was never recovered from: the system did not become ready again"
	}
	return ""
}

// misnamed finds what the scenario says of checks that do not exist.
func misnamed(run *evidence.Run) (reasons []string) {
	known := make(map[string]bool)
	for _, c := range registry() {
		known[c.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(run.Exercise)) {
		if !known[name] {
			reasons = append(reasons, fmt.Sprintf("the scenario asks for exercise of %q, which is no check", name))
		}
	}
	for _, name := range run.Broken {
		if !known[name] {
			reasons = append(reasons, fmt.Sprintf("the scenario expects %q to be broken, which is no check", name))
		}
	}
	return reasons
}
