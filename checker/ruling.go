package checker

import (
	"fmt"
	"slices"

	"flashsale/internal/evidence"
)

// ruling is the answer of one check, before what shows its violations has been fetched.
type ruling struct {
	Result
	accused []*accusation
}

// run judges one promise: first whether it can be judged, then the evidence, then whether enough happened. What
// the replay of the commit log found comes first; the check's own judgement adds to it.
func (c check) run(ix *index) (r ruling) {
	r.Result = Result{
		Name: c.name, Promise: c.promise, Violations: []Violation{},
		Expected: slices.Contains(ix.run.Broken, c.name),
	}
	if r.Verdict, r.Reason = c.obstacle(ix); r.Verdict != "" {
		return r
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			r.Verdict, r.Reason, r.accused = Undecided, fmt.Sprintf("the check crashed: %v", trouble), nil
		}
	}()
	f := ix.replayed[c.name]
	if f == nil {
		f = newFindings()
	}
	c.judge(ix, f)
	r.Exercised, r.accused = f.exercised, f.list()
	r.Verdict, r.Reason = c.answer(ix.run, f)
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
	if c.whole && !ix.whole {
		return Undecided, "the record of operations is not whole"
	}
	return "", ""
}

// lacks tells evidence that the run never had (skipped) from evidence that it declares and cannot show.
func (in *intake) lacks(need Need) (Word, string) {
	if trouble := in.trouble[need]; trouble != "" {
		return Undecided, trouble
	}
	declared := in.run.Declared
	switch {
	case need == NeedCommits && declared.Commits == nil && declared.NoCommits != "":
		return Skipped, declared.NoCommits
	case need == NeedCommits && declared.Commits == nil:
		return Skipped, "this run has no commit log"
	case need == NeedStart && declared.StartTables == nil:
		return Skipped, "this run took no starting tables"
	case need == NeedFinal && declared.FinalTables == nil:
		return Skipped, "this run took no final tables"
	}
	return "", ""
}

// has tells whether a kind of evidence is there and can be used.
func (in *intake) has(need Need) bool {
	word, _ := in.lacks(need)
	return word == ""
}
