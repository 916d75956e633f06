package wording

import (
	"fmt"
	"slices"
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// Headline finds the word and the sentence for a verdict's exit code.
func Headline(v *checker.Verdict) (word, sentence string) {
	counts := map[checker.Word]int{}
	var broken []string
	for _, c := range v.Checks {
		counts[c.Verdict]++
		if c.Verdict == checker.Fail {
			broken = append(broken, c.Name)
		}
	}
	held := fmt.Sprintf("%d of %d promises held", counts[checker.Pass], len(v.Checks))
	if n := counts[checker.Skipped]; n > 0 {
		held += fmt.Sprintf(", %d skipped", n)
	}
	switch v.ExitCode {
	case checker.ExitHeld:
		return "HELD:", held
	case checker.ExitBroken:
		return "BROKEN:", strings.Join(broken, ", ")
	case checker.ExitUndecided:
		if n := counts[checker.Undecided]; n > 0 {
			held += fmt.Sprintf(", %d undecided", n)
		}
		return "UNDECIDED:", held
	default:
		return "MISSED:", held + ", but a threshold was missed"
	}
}

// Server says what was under test.
func Server(run *evidence.Run) string {
	server := run.Server.Kind
	if run.Server.Replicas > 1 {
		server += fmt.Sprintf(", %d replicas", run.Server.Replicas)
	}
	if len(run.Server.Without) > 0 {
		server += ", without " + strings.Join(run.Server.Without, ", ")
	}
	return server
}

// Database says on which database, and where that came from.
func Database(run *evidence.Run) string {
	if run.Database.Version == "" {
		return run.Database.Source
	}
	return fmt.Sprintf("%s (%s)", run.Database.Version, run.Database.Source)
}

// Commits says how many transactions of the database the verdict rests on; nothing if the run has no commit log.
func Commits(run *evidence.Run, v *checker.Verdict) string {
	if run.Declared.Commits == nil {
		return ""
	}
	told := "recorded" // and no more, if the log is not whole
	if slices.ContainsFunc(checker.Checks(), func(c checker.Info) bool {
		return slices.Contains(c.Needs, checker.NeedCommits) && decided(v, c.Name)
	}) {
		told = "judged"
	}
	return Count(*run.Declared.Commits) + " " + told
}

func decided(v *checker.Verdict, check string) bool {
	return slices.ContainsFunc(v.Checks, func(c checker.Result) bool {
		return c.Name == check && (c.Verdict == checker.Pass || c.Verdict == checker.Fail)
	})
}

// Measured writes a threshold's value in its unit, which the statistic decides.
func Measured(t *checker.ThresholdResult, run *evidence.Run) string {
	if t.Verdict == checker.Undecided {
		return "-"
	}
	i := slices.IndexFunc(run.Thresholds, func(of evidence.Threshold) bool { return of.Text == t.Text })
	if i < 0 {
		return Decimal(t.Value)
	}
	switch run.Thresholds[i].Stat {
	case "rate":
		return PerSecond(t.Value)
	case "errors":
		return Decimal(100*t.Value) + "%"
	case "count", "unresolved":
		return Count(int64(t.Value))
	default:
		return Latency(Milliseconds(t.Value))
	}
}
