package checker

import (
	"slices"
	"sync"

	"flashsale/checker/internal/realtime"
)

// jointly starts the pass over all answers that decides three promises at once: each answer takes its place in the
// order of commits, below which no later one may stand. The pass is made once; whoever asks before its end waits.
func jointly(ix *index) func() map[realtime.Promise]*findings {
	return sync.OnceValue(func() map[realtime.Promise]*findings {
		all := make(map[realtime.Promise]*findings)
		of := func(p realtime.Promise) *findings {
			if all[p] == nil {
				all[p] = newFindings()
			}
			return all[p]
		}
		exercised := realtime.Judge(&realtime.Evidence{
			History: &ix.history, Final: ix.final, Recorder: ix.recorder, Hold: ix.hold, Order: ix.order,
			AtLeast: ix.clock.atLeast, AtMost: ix.clock.atMost, Whole: ix.whole,
		}, func(x realtime.Finding) {
			of(x.Promise).violate(x.What, Case{
				AtNS: x.AtNS, AtUS: x.AtUS, IDs: x.IDs, Expected: x.Expected, Found: x.Found, severity: x.Severity,
			}, showAnswer(x))
		})
		for p, n := range exercised {
			of(realtime.Promise(p)).exercised = n
		}
		return all
	})
}

// beginJointly makes the pass. Should it crash, the checks that ask for it crash in the same way, and say so.
func (ix *index) beginJointly() error {
	defer func() { _ = recover() }()
	ix.joint()
	return nil
}

// showAnswer shows an answer between the operations that bound it, and the commits it could have seen.
func showAnswer(x realtime.Finding) exhibit {
	ops := slices.DeleteFunc([]uint32{x.Operation, x.After, x.Before}, func(id uint32) bool { return id == 0 })
	commits := make([]int64, len(x.Commits))
	for i, position := range x.Commits {
		commits[i] = int64(position)
	}
	return exhibit{ops: ops, rows: rowsOf(x.IDs), commits: commits}
}

// judgeJointly judges one of the promises that are decided together. Where rows do not bear times that can be
// compared, what depends on the time was not judged: after a step of the database's clock that is doubt, with a
// server that never kept them a limit.
func judgeJointly(p realtime.Promise) func(*index, *findings) {
	return func(ix *index, f *findings) {
		*f = *ix.joint()[p]
		switch {
		case ix.timed:
		case ix.clock.step != "":
			f.doubt = ix.notime
		default:
			f.note = "judged without times: " + ix.notime
		}
	}
}
