package reports

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// Options say how the terminal summary is drawn.
type Options struct {
	Color  bool   // mark verdicts with ANSI colours; see WantsColor
	RunDir string // where the run was saved, as the user would type it
	Repeat string // the command that repeats the run; empty: RepeatCommand's
}

// WantsColor tells whether colours suit a writer: a terminal that can show them, of a user who has not set
// NO_COLOR (https://no-color.org).
func WantsColor(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// width is the width of a plain log's page; names and counts leave the rest of a line to the reasons.
const (
	width       = 80
	indent      = "  "
	markWidth   = 10
	nameWidth   = 25
	countWidth  = 11
	detailsLeft = 12 // where the lines below a check begin
)

// Terminal writes the summary of a judged run: one screen, promises first, readable in a plain log.
func Terminal(w io.Writer, run *evidence.Run, v *checker.Verdict, stats Stats, opts Options) error {
	p := newPage(w, opts.Color)
	p.headline(v)
	p.provenance(run, opts.RunDir)
	p.checks(v)
	p.line("")
	if len(v.Thresholds) > 0 {
		p.thresholds(v, run)
		p.line("")
	}
	p.figures(stats, run)
	repeat := opts.Repeat
	if repeat == "" {
		repeat = RepeatCommand(run)
	}
	p.line("")
	p.line("Repeat it:  %s", repeat)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// RepeatCommand is the command line that plans the same run again, as far as run.json tells.
func RepeatCommand(run *evidence.Run) string {
	words := []string{"flashsale", "simulate", run.Scenario, "--seed", strconv.FormatUint(run.Seed, 10)}
	if run.Server.Kind == "strawman" {
		words = append(words, "--server", "strawman")
	}
	for _, guard := range run.Server.Without {
		words = append(words, "--without", guard)
	}
	return strings.Join(words, " ")
}

// page draws the parts of the summary. Its writer is buffered: an error stays until the flush.
type page struct {
	*bufio.Writer
	color bool
}

func newPage(w io.Writer, color bool) *page { return &page{Writer: bufio.NewWriter(w), color: color} }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

// headline is the verdict in one sentence, with the reasons that no single check stands for.
func (p *page) headline(v *checker.Verdict) {
	word, sentence := summary(v)
	p.wrapped(p.paint(word, word)+" ", indent, fmt.Sprintf("%s (exit code %d)", sentence, v.ExitCode))
	for _, reason := range v.Reasons {
		p.wrapped(indent+"- ", indent+indent, reason)
	}
	p.line("")
}

// summary finds the word and the sentence for a verdict's exit code.
func summary(v *checker.Verdict) (word, sentence string) {
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

// provenance says what ran, against what, and where it was saved.
func (p *page) provenance(run *evidence.Run, dir string) {
	took := time.Duration(run.ElapsedNS).Round(100 * time.Millisecond)
	p.line("%s%-10s%s, seed %d, took %s", indent, "scenario", run.Scenario, run.Seed, took)
	server := run.Server.Kind
	if run.Server.Replicas > 1 {
		server += fmt.Sprintf(", %d replicas", run.Server.Replicas)
	}
	if len(run.Server.Without) > 0 {
		server += ", without " + strings.Join(run.Server.Without, ", ")
	}
	p.wrapped(fmt.Sprintf("%s%-10s", indent, "server"), strings.Repeat(" ", detailsLeft), server)
	database := run.Database.Source
	if run.Database.Version != "" {
		database = fmt.Sprintf("%s (%s)", run.Database.Version, run.Database.Source)
	}
	p.line("%s%-10s%s", indent, "database", database)
	if dir != "" {
		p.line("%s%-10s%s", indent, "saved in", dir)
	}
	p.line("")
}
