package scenarios

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// Error is one thing that is wrong with a scenario. It prints as FILE:LINE:COL: message, or, if an
// override brought it in, as --set KEY=VALUE: message.
type Error struct {
	File      string
	Line, Col int
	Key       string // path of the key it is about, if any
	Set       string // the override that brought it in, if any
	Message   string
}

func (e *Error) Error() string {
	if e.Set != "" {
		return fmt.Sprintf("--set %s: %s", e.Set, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
}

// Errors is everything that is wrong with a scenario, one line each, in the order of the file.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// didYouMean suggests the nearest of the known words, or lists them all when none is near.
func didYouMean(word string, known []string) string {
	best, distance := "", len(word)/3+2
	for _, candidate := range known {
		if d := levenshtein.Distance(word, candidate, nil); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return "known are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("did you mean %q?", best)
}
