package realtime

import (
	"fmt"
	"slices"

	"flashsale/checker/internal/history"
)

// Exercised tells how often each promise was put to the test.
type Exercised [promiseCount]int64

// Judge goes through all answers once, in the order of their returns, and reports every one that was true at no
// instant, and every commit that came too late for its answer.
func Judge(ev *Evidence, report func(Finding)) Exercised {
	j := &judge{Evidence: ev, sweep: NewSweep(ev.writes()), keys: ev.rowsByKey(), report: report}
	h := ev.History
	merge(
		newQueue(&h.ProductReads, ofProductRead, j.productRead),
		newQueue(&h.HoldReads, ofHoldRead, j.holdRead),
		newQueue(&h.OrderReads, ofOrderRead, j.orderRead),
		newQueue(&h.Holds, ofHold, j.holdCall),
		newQueue(&h.Orders, ofOrder, j.orderCall),
		newQueue(&h.Webhooks, ofWebhook, j.webhookCall),
	)
	for i := range ev.Recorder.Refunds {
		j.refund(&ev.Recorder.Refunds[i])
	}
	return j.exercised
}

// judge is a judgement under way.
type judge struct {
	*Evidence
	sweep     *Sweep
	keys      rowsByKey
	report    func(Finding)
	exercised Exercised
}

// window bounds an answer by the other answers, the commits that came too late for it, and the clock: no commit is
// visible before it was decided.
func (j *judge) window(a *history.Attempt) Window {
	w := j.sweep.Window(a.Call, a.Return)
	w.High = min(w.High, j.Recorder.decidedBy(j.AtMost(a.Return)))
	return w
}

// sight adds the database's time to a window.
func (j *judge) sight(w Window, a *history.Attempt) Sight {
	return Sight{Window: w, From: j.AtLeast(a.Call), To: j.AtMost(a.Return)}
}

// place judges one answer: find names the least position of its window at which it was true, and lie describes it
// if there is none. In an empty window nothing can be said: the commits contradict the clients, which the answer
// that was overtaken shows.
func (j *judge) place(p Promise, a *history.Attempt, find func(Window) (Position, bool),
	lie func(Window) Finding) (ok bool) {
	w := j.window(a)
	if w.Empty() {
		return false
	}
	j.exercised[p]++
	at, ok := find(w)
	if ok {
		j.sweep.Took(a.Return, at, a.ID)
		return true
	}
	f := lie(w)
	f.Promise = p
	j.accuse(a, f)
	return false
}

// refused judges a refusal like place. A keyed request is never refused before its key was looked up, so the refusal
// comes before the row that its key has made by position keyed, at the latest inside that commit; Never: it made none.
func (j *judge) refused(a *history.Attempt, keyed Position, find func(Window) (Position, bool),
	lie func(Window) Finding) (ok bool) {
	return j.place(RefusalTrue, a, func(w Window) (Position, bool) {
		w.High = min(w.High, keyed)
		if w.Empty() {
			return 0, false
		}
		at, ok := find(w)
		return at, ok && at < keyed
	}, lie)
}

// accuse reports a finding about an answer, with what bounds it.
func (j *judge) accuse(a *history.Attempt, f Finding) {
	f.Operation, f.AtNS = a.ID, a.Return
	f.After = j.sweep.LowBy(a.Call)
	if position, by, bounded := j.sweep.HighBy(); bounded {
		f.Before = by
		f.Commits = append(f.Commits, position)
	}
	j.report(f)
}

// shown judges the answer to a write whose row was inserted at a position. Nothing that was first called for after
// the answer may be committed before it, and no answer is older than the decisions that it shows.
func (j *judge) shown(a *history.Attempt, what thing, id int64, at Position) (inTime bool) {
	if at == 0 || at == Never {
		return at == 0 // from before the run; or lost, which is another promise's matter
	}
	j.exercised[InOrder]++
	high, decided := j.sweep.Window(a.Call, a.Return).High, j.Recorder.decidedBy(j.AtMost(a.Return))
	switch {
	case at > high:
		j.accuse(a, overtaken(what.id(id), at, high))
	case at > decided:
		j.accuse(a, tooEarly(what.id(id), at, decided+1, j.Recorder.decided.newestAt(decided+1), j.AtMost(a.Return)))
	}
	j.sweep.Took(a.Return, at, a.ID)
	return at <= min(high, decided)
}

func overtaken(ids map[string]int64, at, high Position) Finding {
	return Finding{
		Promise: InOrder, What: "A request was committed before one that had been answered when it was called.",
		IDs: ids, Expected: fmt.Sprintf("commit %d before whatever was called later", at),
		Found: fmt.Sprintf("commit %d came first", high+1), Commits: []Position{at}, Severity: int64(at - high),
	}
}

// tooEarly describes an answer that shows one commit although another, which is visible no later, had not even been
// decided yet; it may be the same.
func tooEarly(ids map[string]int64, at, late Position, decided, answered int64) Finding {
	return Finding{
		Promise: InOrder, What: "An answer was given before its own commit, or one before that, was decided.",
		AtUS: decided, IDs: ids, Expected: fmt.Sprintf("commits up to %d decided before the answer", at),
		Found:   fmt.Sprintf("commit %d was decided %d us after it", late, decided-answered),
		Commits: slices.Compact([]Position{late, at}), Severity: decided - answered,
	}
}
