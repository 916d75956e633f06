package page

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// report is what report.html's template shows.
type report struct {
	Style      template.CSS
	Title      string
	Word       string // HELD, BROKEN, UNDECIDED or MISSED
	Sentence   string
	Exit       int
	Reasons    []string
	Facts      []fact
	Promises   []promise
	Thresholds []threshold
	Plots      []group
	Broken     []broken
	Faults     []wording.Harm
	FaultsTold string
	Kinds      []kind
	Notes      []string
	Repeat     []string
	Details    []fact
}

type (
	fact    struct{ Name, Value string }
	promise struct {
		Sign, Word, Name, Sentence, Exercised, Reason string
		Expected                                      bool
	}
	threshold struct{ Sign, Word, Text, Measured, Reason string }
	kind      struct{ Name, OK, Refused, Unknown, PerSecond, P50, P90, P99, Max string }
	broken    struct {
		Name, Sentence string
		Expected       bool
		Violations     []violation
	}
	violation struct {
		What, Times, First, Worst string
		Timeline                  *figure
		Story                     []event
		Rows                      []row
	}
	event struct{ Mark, At, Name, Text, Note, Key string } // Mark: commit, broken, or an operation's outcome
	row   struct{ At, Text, Later string }
)

// Report writes report.html. dir is the run directory as the user would type it; it goes into the commands.
func Report(w io.Writer, run *evidence.Run, v *checker.Verdict, stats measure.Stats, figures []plots.Figure,
	dir string) error {
	fonts, err := draw.LoadFonts()
	if err != nil {
		return err
	}
	style, err := styleSheet()
	if err != nil {
		return err
	}
	word, sentence := wording.Headline(v)
	r := report{
		Style: style, Title: word + " " + run.Scenario, Word: strings.TrimSuffix(word, ":"), Sentence: sentence,
		Exit: v.ExitCode, Reasons: v.Reasons, Facts: facts(run, v), Promises: promises(v), Thresholds: thresholds(run, v),
		Plots: groups(fonts, figures), Broken: brokenPromises(fonts, run, v, figures),
		Faults: wording.Harms(run), FaultsTold: wording.Faults(run), Kinds: kinds(stats),
		Notes: notes(run, stats), Repeat: commands(run, dir), Details: details(run),
	}
	return execute(w, "report.html", r)
}

func facts(run *evidence.Run, v *checker.Verdict) []fact {
	all := []fact{
		{"Scenario", run.Scenario},
		{"Seed", fmt.Sprint(run.Seed)},
		{"Server", wording.Server(run)},
		{"Database", wording.Database(run)},
		{"Started", run.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"Took", time.Duration(run.ElapsedNS).Round(100 * time.Millisecond).String()},
	}
	if commits := wording.Commits(run, v); commits != "" {
		all = append(all, fact{"Commits", commits})
	}
	return all
}

// severity puts what needs attention first; within a word the checks' own order stays.
func severity(word checker.Word) int {
	return slices.Index([]checker.Word{checker.Fail, checker.Undecided, checker.Pass, checker.Skipped}, word)
}

func promises(v *checker.Verdict) []promise {
	sorted := slices.Clone(v.Checks)
	slices.SortStableFunc(sorted, func(a, b checker.Result) int {
		return cmp.Compare(severity(a.Verdict), severity(b.Verdict))
	})
	all := make([]promise, len(sorted))
	for i, c := range sorted {
		all[i] = promise{Sign: sign(c.Verdict), Word: string(c.Verdict), Name: c.Name, Sentence: c.Promise,
			Exercised: exercised(c), Reason: wording.Printable(c.Reason), Expected: c.Expected}
	}
	return all
}

func exercised(c checker.Result) string {
	if c.Verdict == checker.Skipped {
		return "not exercised"
	}
	return "exercised " + wording.Plural(c.Exercised, "time")
}

// sign says a verdict without colour.
func sign(word checker.Word) string {
	switch word {
	case checker.Pass:
		return "✓"
	case checker.Fail:
		return "✗"
	case checker.Undecided:
		return "?"
	default:
		return "–"
	}
}

func thresholds(run *evidence.Run, v *checker.Verdict) []threshold {
	all := make([]threshold, len(v.Thresholds))
	for i := range v.Thresholds {
		t := &v.Thresholds[i]
		all[i] = threshold{Sign: sign(t.Verdict), Word: string(t.Verdict), Text: t.Text, Measured: wording.Measured(t, run),
			Reason: wording.Printable(t.Reason)}
	}
	return all
}

func kinds(stats measure.Stats) []kind {
	all := make([]kind, len(stats.Kinds))
	for i, k := range stats.Kinds {
		all[i] = kind{Name: string(k.Kind), OK: wording.Count(k.OK), Refused: wording.Count(k.Refused),
			Unknown: wording.Count(k.Unknown), PerSecond: wording.Count(int64(k.PerSecond + 0.5)),
			P50: wording.Latency(k.P50), P90: wording.Latency(k.P90), P99: wording.Latency(k.P99), Max: wording.Latency(k.Max)}
	}
	return all
}

func notes(run *evidence.Run, stats measure.Stats) []string {
	all := []string{fmt.Sprintf("Latency runs from the intended start of an attempt to its answer. Of %s, %s late; the "+
		"latest by %s.", wording.Plural(run.Sends.Total, "send"), wording.Were(run.Sends.Late),
		wording.Latency(time.Duration(run.Sends.WorstLateNS)))}
	if s := stats.Stock; s != nil {
		all = append(all, fmt.Sprintf("Stock: %s of %s sold, of %s.", wording.Count(s.Sold), wording.Plural(s.Total, "unit"),
			wording.Plural(int64(s.Products), "product")))
	}
	return all
}

// commands make the same run again, and the judgement alone.
func commands(run *evidence.Run, dir string) []string {
	all := []string{wording.RepeatCommand(run)}
	if dir != "" {
		all = append(all, "flashsale check "+dir)
	}
	return all
}

func details(run *evidence.Run) []fact {
	all := []fact{
		{"Run", run.ID}, {"Plan (SHA-256)", run.PlanHash},
		{"Built by", strings.TrimSpace(run.Build.Flashsale + " " + run.Build.Go + " " + run.Build.Platform)},
		{"Hold TTL", (time.Duration(run.Server.HoldTTLUS) * time.Microsecond).String()},
		{"Sweep interval", (time.Duration(run.Server.SweepIntervalUS) * time.Microsecond).String()},
	}
	names := make([]string, 0, len(run.Database.Settings))
	for name := range run.Database.Settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all = append(all, fact{name, run.Database.Settings[name]})
	}
	return all
}
