package compare

import (
	"slices"
	"strings"
	"testing"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// side is a run with a hundred thousand holds, of which one figure each can be set.
func side(p99 time.Duration, perSecond float64) Side {
	return Side{
		Run: &evidence.Run{Scenario: "stampede", Seed: 7, PlanHash: "same"},
		Verdict: &checker.Verdict{Checks: []checker.Result{
			{Name: "price-exact", Verdict: checker.Pass}, {Name: "reads-true", Verdict: checker.Skipped}}},
		Stats: measure.Stats{Kinds: []measure.KindStats{{
			Kind: evidence.CreateHold, OK: 100_000, PerSecond: perSecond,
			P50: time.Millisecond, P90: 2 * time.Millisecond, P99: p99,
		}}},
	}
}

func verdictOf(exit int, word checker.Word) *checker.Verdict {
	return &checker.Verdict{ExitCode: exit, Checks: []checker.Result{{Name: "price-exact", Verdict: word}}}
}

func TestOf(t *testing.T) {
	base := side(10*time.Millisecond, 1000)
	few := side(90*time.Millisecond, 1000)
	few.Stats.Kinds[0].OK = leastAnswers - 1
	broken := side(10*time.Millisecond, 1000)
	broken.Verdict = verdictOf(checker.ExitBroken, checker.Fail)
	undecided := side(99*time.Millisecond, 1000)
	undecided.Verdict = verdictOf(checker.ExitUndecided, checker.Undecided)
	other := side(10*time.Millisecond, 1000)
	other.Run = &evidence.Run{Scenario: "gauntlet"}
	median := side(10*time.Millisecond, 1000)
	median.Stats.Kinds[0].P50 = time.Second
	nothing := Side{Run: base.Run, Verdict: base.Verdict}
	for _, c := range []struct {
		name  string
		sides []Side
		exit  int
		worse []string
		doubt string
	}{
		{"the same", []Side{base, base}, checker.ExitHeld, nil, ""},
		{"a little slower", []Side{base, side(11*time.Millisecond, 950)}, checker.ExitHeld, nil, ""},
		{"better", []Side{base, side(time.Millisecond, 9000)}, checker.ExitHeld, nil, ""},
		{"slower", []Side{base, side(12*time.Millisecond, 1000)}, checker.ExitThreshold,
			[]string{"hold p99: 10ms in A, 12ms in B (+20 %)"}, ""},
		{"much slower", []Side{base, side(250*time.Millisecond, 1000)}, checker.ExitThreshold,
			[]string{"hold p99: 10ms in A, 250ms in B (×25)"}, ""},
		{"fewer", []Side{base, side(10*time.Millisecond, 800)}, checker.ExitThreshold,
			[]string{"hold rate: 1,000/s in A, 800/s in B (-20 %)"}, ""},
		{"only the third", []Side{base, base, side(20*time.Millisecond, 1000)}, checker.ExitThreshold,
			[]string{"hold p99: 10ms in A, 20ms in C (+100 %)"}, ""},
		{"a slower median is no regression", []Side{base, median}, checker.ExitHeld, nil, ""},
		{"too few for a p99", []Side{base, few}, checker.ExitHeld, nil, ""},
		{"broken", []Side{base, broken}, checker.ExitBroken, []string{"price-exact: passed in A, fail in B"}, ""},
		{"undecided beats slower", []Side{base, undecided}, checker.ExitUndecided,
			[]string{"price-exact: passed in A, undecided in B", "hold p99: 10ms in A, 99ms in B (+890 %)"}, ""},
		{"an undecided baseline", []Side{undecided, base}, checker.ExitUndecided, nil, "the baseline is undecided"},
		{"no figures", []Side{base, nothing}, checker.ExitUndecided, nil, "B has no answered hold, which A has"},
		{"another scenario", []Side{base, other}, checker.ExitHeld, nil, "another scenario"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Of(c.sides, 0.1)
			if got.ExitCode() != c.exit || !slices.Equal(got.Worse, c.worse) {
				t.Errorf("exit code %d, worse %q\nwant      %d, worse %q", got.ExitCode(), got.Worse, c.exit, c.worse)
			}
			doubts := strings.Join(got.Doubts, "\n")
			if !strings.Contains(doubts, c.doubt) || (doubts == "") != (c.doubt == "") {
				t.Errorf("doubts %q, want %q", doubts, c.doubt)
			}
		})
	}
}

func TestPromisesAreLinedUp(t *testing.T) {
	older, newer := side(time.Millisecond, 1), side(time.Millisecond, 1)
	newer.Verdict = &checker.Verdict{Checks: []checker.Result{
		{Name: "new-one", Verdict: checker.Pass}, {Name: "price-exact", Verdict: checker.Pass}}}
	got := Of([]Side{older, newer}, 0.1).Promises
	want := []Promise{
		{"price-exact", []checker.Word{checker.Pass, checker.Pass}, false},
		{"reads-true", []checker.Word{checker.Skipped, ""}, true},
		{"new-one", []checker.Word{"", checker.Pass}, true},
	}
	equal := func(a, b Promise) bool {
		return a.Name == b.Name && slices.Equal(a.Verdicts, b.Verdicts) && a.Differs == b.Differs
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("promises are %v\nwant         %v", got, want)
	}
}
