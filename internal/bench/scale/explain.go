package scale

import (
	"fmt"
	"math"
	"strings"

	"flashsale/reports/wording"
)

// flatWithin is how far speeds may be apart and still count as the same.
const flatWithin = 0.10

// explain says in a sentence what the sweep shows, and what in the server's own figures goes with it.
func (s *Sweep) explain() string {
	if s.Name == fsync {
		return s.explainCost()
	}
	var all []string
	for i := range s.Curves {
		all = append(all, s.explainCurve(&s.Curves[i]))
	}
	return strings.Join(all, "; ")
}

// Sentence is the explanation as a sentence of its own.
func (s *Sweep) Sentence() string {
	return strings.ToUpper(s.Explanation[:1]) + s.Explanation[1:] + "."
}

func (s *Sweep) explainCurve(c *Curve) string {
	first, last := c.Points[0], c.Points[len(c.Points)-1]
	best, apart := first, 0.0
	for _, p := range c.Points {
		apart = max(apart, math.Abs(p.VsFirst-1))
		if p.VsFirst > best.VsFirst {
			best = p
		}
	}
	switch {
	case len(c.Points) == 1:
		return fmt.Sprintf("%s: %s with %s", c.Name, wording.PerSecond(first.PerSecond.Median), s.at(first))
	case apart <= flatWithin:
		return fmt.Sprintf("%s: flat within %s, from %s to %s", c.Name, percent(apart), wording.Count(first.Setting), s.at(last))
	case best.Setting == first.Setting:
		return fmt.Sprintf("%s: %s from %s to %s%s", c.Name, change(last.VsFirst), wording.Count(first.Setting), s.at(last),
			because(first, last))
	}
	text := fmt.Sprintf("%s: %s from %s to %s%s", c.Name, change(best.VsFirst), wording.Count(first.Setting), s.at(best),
		because(first, best))
	if beyond := speedRatio(last, best); beyond < 1-flatWithin {
		text += fmt.Sprintf(", then %s with %s%s", change(beyond), wording.Count(last.Setting), because(best, last))
	}
	return text
}

// at names a point.
func (s *Sweep) at(p Point) string {
	return wording.Plural(p.Setting, strings.TrimSuffix(s.Setting, "s"))
}

// because says how the commits changed between two points; nothing where there were none.
func because(from, to Point) string {
	if from.CommandsPerCommit == 0 || to.CommandsPerCommit == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s commands a commit, then %s; %s commits a second, then %s; %s ms a transaction, then %s)",
		digits(from.CommandsPerCommit), digits(to.CommandsPerCommit), digits(from.CommitsPerSecond),
		digits(to.CommitsPerSecond), digits(from.TransactionMS), digits(to.TransactionMS))
}

// explainCost compares the two curves of the durability sweep.
func (s *Sweep) explainCost() string {
	durable, not := s.Curves[0].Points, s.Curves[1].Points
	var all []string
	for i, p := range durable {
		all = append(all, fmt.Sprintf("%s at %s (%s ms a transaction instead of %s, with %s commands)", change(speedRatio(not[i], p)),
			s.at(p), digits(not[i].TransactionMS), digits(p.TransactionMS), digits(p.CommandsPerCommit)))
	}
	return "without a flush at every commit: " + strings.Join(all, "; ")
}

// change says how a speed compares with another, of which it is so many times.
func change(ratio float64) string {
	switch {
	case ratio >= 1.5:
		return factor(ratio) + "x faster"
	case ratio >= 1:
		return percent(ratio-1) + " faster"
	case ratio > 1/1.5:
		return percent(1-ratio) + " slower"
	default:
		return factor(1/ratio) + "x slower"
	}
}

// factor writes how many times as much something is.
func factor(x float64) string {
	if x >= 10 {
		return digits(x)
	}
	return fmt.Sprintf("%.2g", x)
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// digits writes a number with what counts of it.
func digits(x float64) string {
	switch {
	case x >= 100:
		return wording.Count(int64(math.Round(x)))
	case x >= 10:
		return fmt.Sprintf("%.0f", x)
	default:
		return fmt.Sprintf("%.1f", x)
	}
}
