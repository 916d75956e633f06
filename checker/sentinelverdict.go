package checker

import (
	"fmt"
	"slices"

	"flashsale/checker/internal/replay"
)

// gapsTold bounds the holes in the log that a verdict tells of one by one.
const gapsTold = 5

// Verdict says what can be said so far. It may be asked for at any time.
func (s *Sentinel) Verdict() *Verdict {
	v := &Verdict{Version: VerdictVersion, Reasons: []string{}, Thresholds: []ThresholdResult{}}
	for _, why := range s.reasons {
		v.Reasons = append(v.Reasons, "commits were missed: "+why)
	}
	if more := s.gaps - gapsTold; more > 0 {
		v.Reasons = append(v.Reasons, fmt.Sprintf("commits were missed %d times more", more))
	}
	for _, c := range registry() {
		v.Checks = append(v.Checks, s.result(c))
	}
	if !slices.ContainsFunc(v.Checks, func(r Result) bool { return r.Verdict != Skipped }) {
		v.Reasons = append(v.Reasons, "nothing was committed that could have broken a promise")
	}
	v.ExitCode = exitCode(v)
	return v
}

// result is the answer of one check so far.
func (s *Sentinel) result(c check) Result {
	r := Result{Name: c.name, Promise: c.promise, Verdict: Skipped, Violations: []Violation{}}
	f := s.findings[c.name]
	if f == nil {
		r.Reason = "commits do not tell: it is about what clients see, or about the shop at rest"
		return r
	}
	r.Exercised = f.exercised
	if s.machine != nil {
		r.Exercised += s.machine.Exercised(c.name)
	}
	for _, a := range f.list() {
		r.Violations = append(r.Violations, a.Violation)
	}
	switch {
	case len(r.Violations) > 0:
		r.Verdict = Fail
	case r.Exercised == 0:
		r.Reason = "nothing happened that could have broken it"
	case s.gaps > 0:
		r.Verdict, r.Reason = Undecided, "commits were missed"
	default:
		r.Verdict = Pass
	}
	return r
}

// SentinelChecks names the checks that a sentinel can answer, in order.
func SentinelChecks() (names []string) {
	for _, c := range registry() {
		if replay.Judges(c.name) {
			names = append(names, c.name)
		}
	}
	return names
}
