package scenarios

import (
	"strings"
	"time"
)

// durationKey is no key of the format: as an override it makes the whole storm last so long.
const durationKey = "duration"

// cutDuration takes the override that is for the storm as a whole out of the others.
func cutDuration(set []string) (rest []string, storm time.Duration, err *Error) {
	for _, s := range set {
		path, value, _ := strings.Cut(s, "=")
		if path != durationKey {
			rest = append(rest, s)
			continue
		}
		d, wrong := parseDuration(value)
		switch {
		case wrong != nil:
			return nil, 0, &Error{Set: s, Key: path, Message: wrong.Error()}
		case d == 0:
			return nil, 0, &Error{Set: s, Key: path, Message: "must be positive"}
		}
		storm = d
	}
	return rest, storm, nil
}

// Length is how long the storm lasts: from the run's start to the end of the last phase.
func (a Arrivals) Length() time.Duration {
	length := time.Duration(0)
	for _, span := range a.spans() {
		length = max(length, span.end)
	}
	return length
}

// Span is when phase i (from 0) begins and ends.
func (a Arrivals) Span(i int) (start, end time.Duration) {
	span := a.spans()[i]
	return span.start, span.end
}

type phaseSpan struct{ start, end time.Duration }

func (a Arrivals) spans() []phaseSpan {
	spans, end := make([]phaseSpan, len(a.Phases)), time.Duration(0)
	for i, p := range a.Phases {
		start := end
		if p.Start != nil {
			start = *p.Start
		}
		end = start + p.Duration
		spans[i] = phaseSpan{start, end}
	}
	return spans
}

// stretch makes the storm last as long as said: phases and single faults keep their places in it; faults that come
// again and again come more often.
func (s *Scenario) stretch(storm time.Duration) {
	factor := float64(storm) / float64(s.Arrivals.Length())
	scale := func(d *time.Duration) { *d = time.Duration(float64(*d) * factor) }
	for i := range s.Arrivals.Phases {
		p := &s.Arrivals.Phases[i]
		scale(&p.Duration)
		if p.Start != nil {
			start := *p.Start
			scale(&start)
			p.Start = &start
		}
	}
	for i := range s.Faults {
		at := &s.Faults[i].At
		scale(&at.Min)
		scale(&at.Max)
		scale(&at.Mean)
	}
}
