package wording

import (
	"testing"

	"flashsale/checker"
)

func TestHeadline(t *testing.T) {
	passing := []checker.Result{{Verdict: checker.Pass}, {Verdict: checker.Pass}, {Verdict: checker.Skipped},
		{Verdict: checker.Skipped}}
	tests := []struct {
		name     string
		exit     int
		checks   []checker.Result
		word     string
		sentence string
	}{
		{"held", checker.ExitHeld, passing, "HELD:", "2 of 4 promises held, 2 skipped"},
		{"threshold", checker.ExitThreshold, passing, "MISSED:",
			"2 of 4 promises held, 2 skipped, but a threshold was missed"},
		{"undecided", checker.ExitUndecided, []checker.Result{{Verdict: checker.Pass}, {Verdict: checker.Undecided}},
			"UNDECIDED:", "1 of 2 promises held, 1 undecided"},
		{"interrupted", checker.ExitUndecided, passing, "UNDECIDED:", "2 of 4 promises held, 2 skipped"},
		{"broken", checker.ExitBroken, []checker.Result{
			{Name: "a", Verdict: checker.Fail}, {Name: "b", Verdict: checker.Undecided}, {Name: "c", Verdict: checker.Fail}},
			"BROKEN:", "a, c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			word, sentence := Headline(&checker.Verdict{ExitCode: test.exit, Checks: test.checks})
			if word != test.word || sentence != test.sentence {
				t.Errorf("got %s %s, want %s %s", word, sentence, test.word, test.sentence)
			}
		})
	}
}
