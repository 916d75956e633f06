package reports

import (
	"strings"

	"flashsale/reports/wording"
)

// ANSI colours, chosen from the eight that every terminal's theme keeps readable.
const (
	ansiRed    = "\x1b[1;31m"
	ansiGreen  = "\x1b[32m"
	ansiYellow = "\x1b[33m"
	ansiFaint  = "\x1b[2m"
	ansiReset  = "\x1b[0m"
)

// paint colours text by the verdict that it speaks of: the word decides, so that a plain log says the same.
func (p *screen) paint(verdict, text string) string {
	if !p.color {
		return text
	}
	switch strings.ToLower(strings.TrimSuffix(verdict, ":")) {
	case "pass", "held":
		return ansiGreen + text + ansiReset
	case "fail", "broken", "missed":
		return ansiRed + text + ansiReset
	case "undecided":
		return ansiYellow + text + ansiReset
	default:
		return ansiFaint + text + ansiReset
	}
}

// wrapped writes text broken between words at the page's width: first before the first line, rest before others.
// A word too long for a line gets one of its own, unbroken: paths and keys are there to be copied.
func (p *screen) wrapped(first, rest, text string) {
	line, empty := first, true
	for word := range strings.FieldsSeq(wording.Printable(text)) {
		if !empty && visible(line)+1+len(word) > width {
			p.line("%s", line)
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	if !empty {
		p.line("%s", line)
	}
}

// visible counts the columns that a line takes on a screen: escape sequences take none.
func visible(line string) int {
	columns, escaped := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = r != 'm'
		default:
			columns++
		}
	}
	return columns
}
