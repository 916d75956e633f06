package checker

import (
	"fmt"
	"maps"
	"slices"

	"flashsale/internal/evidence"
)

// Judge puts every check and threshold to the evidence. It is a function of its argument alone.
func Judge(ev *Evidence) *Verdict {
	v := &Verdict{Version: VerdictVersion, RunID: ev.Run.ID, Reasons: runReasons(ev)}
	ix := newIndex(ev)
	for _, c := range registry() {
		v.Checks = append(v.Checks, c.run(ix))
	}
	v.Thresholds = judgeThresholds(ev)
	if !slices.ContainsFunc(v.Checks, func(r Result) bool { return r.Verdict != Skipped }) {
		v.Reasons = append(v.Reasons, "no check had anything to judge")
	}
	v.ExitCode = exitCode(v)
	return v
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

// runReasons says why the run as a whole proves nothing, however its checks went.
func runReasons(ev *Evidence) []string {
	reasons := []string{}
	if why := ev.Run.Interrupted; why != "" {
		reasons = append(reasons, "the run was interrupted: "+why)
	}
	for _, gap := range ev.Run.Gaps {
		reasons = append(reasons, "the evidence has a gap: "+gap)
	}
	for _, need := range slices.Sorted(maps.Keys(ev.Trouble)) {
		reasons = append(reasons, "declared evidence cannot be used: "+ev.Trouble[need])
	}
	if s := ev.Run.Sends; s.Late > s.LateMax {
		reasons = append(reasons, fmt.Sprintf(
			"%d of %d requests were sent late, %d are allowed: the load was not what the plan says", s.Late, s.Total, s.LateMax))
	}
	if len(ev.Operations) == 0 && ev.Trouble[NeedOperations] == "" {
		reasons = append(reasons, "no operation was recorded")
	}
	known := make(map[string]bool)
	for _, c := range registry() {
		known[c.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(ev.Run.Exercise)) {
		if !known[name] {
			reasons = append(reasons, fmt.Sprintf("the scenario asks for exercise of %q, which is no check", name))
		}
	}
	for _, name := range ev.Run.Broken {
		if !known[name] {
			reasons = append(reasons, fmt.Sprintf("the scenario expects %q to be broken, which is no check", name))
		}
	}
	return reasons
}

// run judges one promise: first whether it can be judged, then the evidence, then whether enough happened.
func (c check) run(ix *index) (r Result) {
	r = Result{
		Name: c.name, Promise: c.promise, Violations: []Violation{},
		Expected: slices.Contains(ix.Run.Broken, c.name),
	}
	if r.Verdict, r.Reason = c.obstacle(ix); r.Verdict != "" {
		return r
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			r.Verdict, r.Reason, r.Violations = Undecided, fmt.Sprintf("the check crashed: %v", trouble), []Violation{}
		}
	}()
	f := newFindings()
	c.judge(ix, f)
	r.Exercised, r.Violations = f.exercised, f.list()
	r.Verdict, r.Reason = c.answer(ix.Run, f)
	return r
}

// answer turns findings into a word. Any violation decides; short of that, doubt and idleness do.
func (c check) answer(run *evidence.Run, f *findings) (Word, string) {
	least, asked := run.Exercise[c.name]
	switch {
	case len(f.kinds) > 0:
		return Fail, f.note
	case f.doubt != "":
		return Undecided, f.doubt
	case f.exercised == 0 && asked && least == 0:
		return Skipped, "nothing to judge, and the scenario asks for nothing"
	case f.exercised == 0:
		return Undecided, "nothing happened that could have broken it"
	case f.exercised < least:
		return Undecided, fmt.Sprintf("exercised %d times, the scenario asks for %d at least", f.exercised, least)
	case slices.Contains(run.Broken, c.name):
		return Undecided, "the scenario expects this promise to be broken, and nothing shows that it was"
	default:
		return Pass, f.note
	}
}

// obstacle says why a check cannot be asked at all; an empty word means that it can.
func (c check) obstacle(ix *index) (Word, string) {
	for _, need := range c.needs {
		if word, reason := ix.lacks(need); word != "" {
			return word, reason
		}
	}
	switch {
	case c.judge == nil:
		return Undecided, "this build does not judge commit logs"
	case c.whole && !ix.whole:
		return Undecided, "the record of operations is not whole"
	}
	return "", ""
}

// lacks tells evidence that the run never had (skipped) from evidence that it declares and cannot show.
func (ev *Evidence) lacks(need Need) (Word, string) {
	if trouble := ev.Trouble[need]; trouble != "" {
		return Undecided, trouble
	}
	declared := ev.Run.Declared
	switch {
	case need == NeedCommits && declared.Commits == nil:
		return Skipped, "this run has no commit log"
	case need == NeedStart && declared.StartTables == nil:
		return Skipped, "this run took no starting tables"
	case need == NeedFinal && declared.FinalTables == nil:
		return Skipped, "this run took no final tables"
	case need == NeedStart && ev.Start == nil, need == NeedFinal && ev.Final == nil:
		return Undecided, "the " + string(need) + " are declared and not there"
	}
	return "", ""
}
