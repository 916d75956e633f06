package reports

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/compare"
	"flashsale/reports/page"
	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// WriteComparison writes runs side by side as one HTML file.
func WriteComparison(path string, c *compare.Comparison) error {
	var file bytes.Buffer
	if err := page.Comparison(&file, c, plots.Compare(c)); err != nil {
		return err
	}
	return evidence.WriteFile(filepath.Clean(path), file.Bytes())
}

// Comparison writes runs side by side for a terminal: what got worse first.
func Comparison(w io.Writer, c *compare.Comparison, color bool) error {
	p := newScreen(w, color)
	p.sides(c)
	p.worse(c)
	p.differing(c)
	p.metrics(c)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// sides names the runs.
func (p *screen) sides(c *compare.Comparison) {
	for i, s := range c.Sides {
		word, sentence := wording.Headline(s.Verdict)
		role := ""
		if i == 0 {
			role = "  (baseline)"
		}
		p.line("%s  %s%s", compare.Label(i), s.Dir, role)
		p.wrapped("   "+p.paint(word, word)+" ", "   ", sentence)
		p.line("   %s, seed %d, %s", s.Run.Scenario, s.Run.Seed, wording.Server(s.Run))
	}
	p.line("")
}

func (p *screen) worse(c *compare.Comparison) {
	limit := fmt.Sprintf("%s %%", wording.Decimal(100*c.Limit))
	if len(c.Worse) == 0 {
		p.line("Nothing got worse by more than %s.", limit)
	} else {
		p.line("%s", p.paint("broken", fmt.Sprintf("Got worse (figures by more than %s):", limit)))
	}
	for _, line := range c.Worse {
		p.wrapped(indent+"- ", indent+indent, line)
	}
	for _, line := range c.Doubts {
		p.wrapped(indent+p.paint("undecided", "?")+" ", indent+indent, line)
	}
	p.line("")
}

// differing lists the promises that the runs answer differently, and counts the others.
func (p *screen) differing(c *compare.Comparison) {
	same := 0
	for i := range c.Promises {
		if !c.Promises[i].Differs {
			same++
			continue
		}
		line := fmt.Sprintf("%s%-*s", indent, nameWidth, c.Promises[i].Name)
		for _, word := range c.Promises[i].Verdicts {
			padding := strings.Repeat(" ", max(columnWidth-len(word), 1))
			line += padding + p.paint(string(word), string(word))
		}
		p.line("%s", line)
	}
	p.line("%s%s the same in every run", indent, wording.Plural(int64(same), "promise"))
	p.line("")
}

// columnWidth is the width of a run's column: a figure, its change and a mark.
const columnWidth = 18

func (p *screen) metrics(c *compare.Comparison) {
	line := fmt.Sprintf("%s%-*s", indent, nameWidth, "operation")
	for i := range c.Sides {
		line += fmt.Sprintf("%*s", columnWidth, compare.Label(i))
	}
	p.line("%s", line)
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if i > 0 && m.Kind != c.Metrics[i-1].Kind {
			p.line("")
		}
		line := fmt.Sprintf("%s%-*s", indent, nameWidth, m.Name())
		for j := range m.Values {
			v := &m.Values[j]
			text := strings.TrimSpace(v.Text + "  " + v.ChangeText())
			padding := strings.Repeat(" ", max(columnWidth-utf8.RuneCountInString(text), 1))
			line += padding + p.change(v, text)
		}
		p.line("%s", line)
	}
}

// change paints a value by where it went; the numbers say the same without colour.
func (p *screen) change(v *compare.Value, text string) string {
	switch {
	case v.Worse:
		return p.paint(string(checker.Fail), text)
	case v.Better:
		return p.paint(string(checker.Pass), text)
	default:
		return text
	}
}
