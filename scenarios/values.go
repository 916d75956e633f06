package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expCut bounds an exponential span: no draw is longer than this many means.
const expCut = 10

// Share is a probability, from 0 to 1.
type Share float64

// Span is a duration that is drawn anew each time: uniformly from Min to Max, or, if Mean is set,
// exponentially with that mean and never beyond Max.
type Span struct {
	Min, Max, Mean time.Duration
}

// Numbers is a number that is drawn anew each time: uniformly from Min to Max, or from List if it has
// entries.
type Numbers struct {
	Min, Max int64
	List     []int64
}

// Always is the number set that has one number.
func Always(n int64) Numbers { return Numbers{Min: n, Max: n} }

// Least is the smallest number of the set.
func (n Numbers) Least() int64 {
	least := n.Min
	for i, v := range n.List {
		if i == 0 || v < least {
			least = v
		}
	}
	return least
}

// Most is the largest number of the set.
func (n Numbers) Most() int64 {
	most := n.Max
	for i, v := range n.List {
		if i == 0 || v > most {
			most = v
		}
	}
	return most
}

// MarshalYAML writes the span as the format has it.
func (s Span) MarshalYAML() (any, error) {
	switch {
	case s.Mean > 0:
		return "exp " + s.Mean.String(), nil
	case s.Min == s.Max:
		return s.Min.String(), nil
	}
	return s.Min.String() + ".." + s.Max.String(), nil
}

// MarshalYAML writes the number set as the format has it.
func (n Numbers) MarshalYAML() (any, error) {
	switch {
	case len(n.List) > 0:
		return n.List, nil
	case n.Min == n.Max:
		return n.Min, nil
	}
	return fmt.Sprintf("%d..%d", n.Min, n.Max), nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration; write 150ms, 2s or 1m", text)
	case d < 0:
		return 0, fmt.Errorf("a duration must not be negative, and %s is", text)
	}
	return d, nil
}

func parseSpan(text string) (Span, error) {
	if mean, ok := strings.CutPrefix(text, "exp "); ok {
		d, err := parseDuration(strings.TrimSpace(mean))
		return Span{Max: expCut * d, Mean: d}, err
	}
	low, high, ranged := strings.Cut(text, "..")
	from, err := parseDuration(strings.TrimSpace(low))
	if err != nil || !ranged {
		return Span{Min: from, Max: from}, err
	}
	to, err := parseDuration(strings.TrimSpace(high))
	if err == nil && to < from {
		err = fmt.Errorf("the span %s ends before it begins", text)
	}
	return Span{Min: from, Max: to}, err
}

func parseNumbers(text string) (Numbers, error) {
	low, high, ranged := strings.Cut(text, "..")
	from, err := parseInt(strings.TrimSpace(low))
	if err != nil || !ranged {
		return Always(from), err
	}
	to, err := parseInt(strings.TrimSpace(high))
	if err == nil && to < from {
		err = fmt.Errorf("the range %s ends before it begins", text)
	}
	return Numbers{Min: from, Max: to}, err
}

func parseInt(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	return n, nil
}
