package checker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"flashsale/internal/evidence"
)

// CheckTables judges the tables of a living shop, which evidence.SaveSnapshot has saved in dir as the final ones of
// the run id; rows counts them. Nobody recorded what clients saw or what was committed, so only those checks are asked
// to which the tables alone have an answer. timed says that rows bear the times of their decisions, read under the
// product's lock; of our own schema that is known.
//
// Why it cannot accuse an innocent shop: a snapshot holds whole transactions, so what is true after every commit is
// true in it. Rows that are over may be missing, for retention removes them: an order with its events and its hold.
func CheckTables(ctx context.Context, dir, id string, rows map[string]int64, timed bool) (*Verdict, error) {
	run := &evidence.Run{ID: id, Declared: evidence.Declared{FinalTables: rows}, Server: evidence.Server{Kind: kindTarget}}
	from := directory{ctx, dir, run}
	in := &intake{
		run: run, meters: newMeters(nil), clock: newClock(nil),
		trouble: map[Need]string{NeedOperations: "nobody recorded what clients saw"},
	}
	in.readFinal(from, nil)
	if why := in.trouble[NeedFinal]; why != "" {
		return nil, errors.New("check: " + why)
	}
	v := &Verdict{Version: VerdictVersion, RunID: id, Reasons: []string{}, Thresholds: []ThresholdResult{}}
	ix := newIndex(in)
	ix.stamped = timed && stamped(ix.final.Columns) || DecisionTimes(ix.final.Columns)
	for _, c := range registry() {
		r := c.stand(ix)
		if err := in.fetch(from, r.accused); err != nil {
			return nil, fmt.Errorf("check: %w", err)
		}
		for _, a := range r.accused {
			r.Violations = append(r.Violations, a.Violation)
		}
		v.Checks = append(v.Checks, r.Result)
	}
	if !slices.ContainsFunc(v.Checks, func(r Result) bool { return r.Verdict != Skipped }) {
		v.Reasons = append(v.Reasons, "the tables hold nothing that could be judged")
	}
	v.ExitCode = exitCode(v)
	return v, ctx.Err()
}

// stand judges one promise by the tables alone. What was never there to be judged is skipped: nothing promises that
// a shop has sold something.
func (c check) stand(ix *index) (r ruling) {
	r.Result = Result{Name: c.name, Promise: c.promise, Verdict: Skipped, Violations: []Violation{}}
	if c.standing == nil {
		r.Reason = "the tables alone do not tell: it takes what clients saw, or the commit log"
		return r
	}
	f := newFindings()
	defer func() {
		if trouble := recover(); trouble != nil {
			r.Verdict, r.Reason, r.accused = Undecided, fmt.Sprintf("the check crashed: %v", trouble), nil
		}
	}()
	c.standing(ix, f)
	r.Exercised, r.accused = f.exercised, f.list()
	switch {
	case len(f.kinds) > 0:
		r.Verdict = Fail
	case f.doubt != "" && f.doubt != ix.notime:
		r.Verdict, r.Reason = Undecided, f.doubt
	case f.doubt != "":
		r.Reason = f.doubt
	case f.exercised == 0:
		r.Reason = "there is nothing that could have broken it"
	default:
		r.Verdict, r.Reason = Pass, f.note
	}
	return r
}
