package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/wording"
)

// Markdown writes the summary for the page of a CI job or a comment on a pull request: the verdict, what went wrong,
// and the rest folded away.
func Markdown(w io.Writer, run *evidence.Run, v *checker.Verdict, stats Stats) error {
	m := new(markdown)
	word, sentence := wording.Headline(v)
	m.line("## %s %s %s", icon(v.ExitCode), word, plain(sentence))
	m.line("")
	m.line("`%s`, seed %d, on %s, %s; exit code %d", run.Scenario, run.Seed, plain(wording.Server(run)),
		plain(wording.Database(run)), v.ExitCode)
	m.line("")
	m.broken(v, wording.NewNarrator(run))
	m.undecided(v)
	m.thresholds(run, v)
	m.promises(v)
	m.faults(run)
	m.figures(stats)
	m.line("Repeat it: `%s`", strings.ReplaceAll(wording.RepeatCommand(run), "`", "'"))
	if _, err := w.Write(m.Bytes()); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

type markdown struct{ bytes.Buffer }

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// broken shows the promises that were broken, each with the first case of what broke it and what led to that.
func (m *markdown) broken(v *checker.Verdict, tell *wording.Narrator) {
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Verdict != checker.Fail {
			continue
		}
		m.line("### ❌ %s\n", c.Name)
		m.line("> %s\n", plain(c.Promise))
		for j := range c.Violations[:min(len(c.Violations), violationsShown)] {
			broken := &c.Violations[j]
			m.line("- **%s:** %s  ", wording.Plural(broken.Count, "time"), plain(broken.What))
			m.line("  first %s", plain(tell.Case(&broken.First)))
			m.story(storyOf(broken, tell))
		}
		if more := len(c.Violations) - violationsShown; more > 0 {
			m.line("- %d more in %s", more, checker.VerdictFile)
		}
		m.line("")
	}
}

// story is a block of code within the item of a list, so that its columns stay columns.
func (m *markdown) story(lines []storyLine) {
	if len(lines) == 0 {
		return
	}
	m.line("\n  ```text")
	for _, line := range lines {
		m.line("  %*s  %s", whenWidth, line.when, fenced(line.what))
	}
	m.line("  ```")
}

// fenced keeps words of the evidence from ending the block of code that they stand in.
func fenced(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(wording.Printable(text), "`", "'")), " ")
}

// undecided says why the run, or a promise, could not be judged.
func (m *markdown) undecided(v *checker.Verdict) {
	before := m.Len()
	for _, reason := range v.Reasons {
		m.line("- ❔ %s", plain(reason))
	}
	for i := range v.Checks {
		if c := &v.Checks[i]; c.Verdict == checker.Undecided {
			m.line("- ❔ **%s** is undecided: %s", c.Name, plain(c.Reason))
		}
	}
	if m.Len() > before {
		m.line("")
	}
}

func (m *markdown) thresholds(run *evidence.Run, v *checker.Verdict) {
	if len(v.Thresholds) == 0 {
		return
	}
	m.line("| | threshold | measured |")
	m.line("|---|---|---:|")
	for i := range v.Thresholds {
		t := &v.Thresholds[i]
		m.line("| %s %s | `%s` | %s |", mark(t.Verdict), t.Verdict, t.Text, wording.Measured(t, run))
	}
	m.line("")
}

func (m *markdown) promises(v *checker.Verdict) {
	m.line("<details><summary>All %d promises</summary>\n", len(v.Checks))
	m.line("| | promise | exercised |")
	m.line("|---|---|---:|")
	for i := range v.Checks {
		c := &v.Checks[i]
		m.line("| %s %s | **%s**<br>%s | %s |", mark(c.Verdict), c.Verdict, c.Name, plain(c.Promise),
			wording.Count(c.Exercised))
	}
	m.line("\n</details>\n")
}

func (m *markdown) faults(run *evidence.Run) {
	if len(run.Faults) == 0 {
		return
	}
	m.line("<details><summary>Faults: %s</summary>\n", wording.Faults(run))
	m.line("| # | fault | victim | at | healed after | bit | recovered in | what the victim showed |")
	m.line("|---:|---|---|---:|---:|---|---:|---|")
	for _, h := range wording.Harms(run) {
		m.line("| %d | %s | %s | %s | %s | %s | %s | %s |", h.Number, plain(h.Name()), plain(h.Victim()), h.At(), h.Lasted(),
			h.Bitten(), h.Recovery(), plain(h.Detail()))
	}
	m.line("\n</details>\n")
}

func (m *markdown) figures(stats Stats) {
	if len(stats.Kinds) > 0 {
		m.line("<details><summary>Figures</summary>\n")
		m.line("| operation | ok | refused | unknown | per s | p50 | p90 | p99 | max |")
		m.line("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
		for _, k := range stats.Kinds {
			m.line("| %s | %s | %s | %s | %s | %s | %s | %s | %s |", k.Kind, wording.Count(k.OK), wording.Count(k.Refused),
				wording.Count(k.Unknown), wording.Count(int64(k.PerSecond+0.5)), wording.Latency(k.P50),
				wording.Latency(k.P90), wording.Latency(k.P99), wording.Latency(k.Max))
		}
		m.line("\n</details>\n")
	}
}

// plain keeps words of the evidence from being read as Markdown or HTML.
func plain(text string) string {
	escaped := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, wording.Printable(text))
	for _, special := range []string{"\\", "`", "*", "_", "|", "[", "]", "#"} {
		escaped = strings.ReplaceAll(escaped, special, "\\"+special)
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(escaped)
}

func icon(exit int) string {
	switch exit {
	case checker.ExitHeld:
		return "✅"
	case checker.ExitUndecided:
		return "❔"
	case checker.ExitThreshold:
		return "⚠️"
	default:
		return "❌"
	}
}

func mark(word checker.Word) string {
	switch word {
	case checker.Pass:
		return "✅"
	case checker.Fail:
		return "❌"
	case checker.Undecided:
		return "❔"
	default:
		return "➖"
	}
}
