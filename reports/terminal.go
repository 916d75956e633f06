package reports

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/wording"
)

// Options say how the terminal summary is drawn.
type Options struct {
	Color  bool   // mark verdicts with ANSI colours; see WantsColor
	RunDir string // where the run was saved, as the user would type it
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

// Terminal writes the summary of a judged run: one screen, promises first, readable in a plain log. Without
// stats, which take as long as judging does, it says how to have them.
func Terminal(w io.Writer, run *evidence.Run, v *checker.Verdict, stats *Stats, opts Options) error {
	p := newScreen(w, opts.Color)
	p.tell = wording.NewNarrator(run)
	p.headline(v)
	p.provenance(run, v, opts.RunDir)
	p.checks(v)
	p.line("")
	if len(v.Thresholds) > 0 {
		p.thresholds(v, run)
		p.line("")
	}
	if stats != nil {
		p.figures(*stats, run)
		p.line("")
	} else {
		p.line("Figures:    flashsale report %s", opts.RunDir)
	}
	p.line("Repeat it:  %s", wording.RepeatCommand(run))
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// screen draws the parts of the summary. Its writer is buffered: an error stays until the flush.
type screen struct {
	*bufio.Writer
	color bool
	tell  *wording.Narrator // of the run on the screen
	whole bool              // there is no verdict.json that holds the rest
}

func newScreen(w io.Writer, color bool) *screen {
	return &screen{Writer: bufio.NewWriter(w), color: color}
}

func (p *screen) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

// headline is the verdict in one sentence, with the reasons that no single check stands for.
func (p *screen) headline(v *checker.Verdict) {
	word, sentence := wording.Headline(v)
	p.wrapped(p.paint(word, word)+" ", indent, fmt.Sprintf("%s (exit code %d)", sentence, v.ExitCode))
	for _, reason := range v.Reasons {
		p.wrapped(indent+"- ", indent+indent, reason)
	}
	p.line("")
}

// provenance says what ran, against what, and where it was saved.
func (p *screen) provenance(run *evidence.Run, v *checker.Verdict, dir string) {
	took := time.Duration(run.ElapsedNS).Round(100 * time.Millisecond)
	p.line("%s%-10s%s, seed %d, took %s", indent, "scenario", run.Scenario, run.Seed, took)
	p.wrapped(fmt.Sprintf("%s%-10s", indent, "server"), strings.Repeat(" ", detailsLeft), wording.Server(run))
	p.line("%s%-10s%s", indent, "database", wording.Database(run))
	if commits := wording.Commits(run, v); commits != "" {
		p.line("%s%-10s%s", indent, "commits", commits)
	}
	if faults := wording.Faults(run); faults != "" {
		p.line("%s%-10s%s", indent, "faults", faults)
	}
	if dir != "" {
		p.line("%s%-10s%s", indent, "saved in", dir)
	}
	p.line("")
}
