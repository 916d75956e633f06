package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// saveRun writes a run directory with two hundred holds that took some time each, and its verdict, if any.
func saveRun(t *testing.T, took time.Duration, v *checker.Verdict) string {
	t.Helper()
	dir := t.TempDir()
	run := &evidence.Run{Version: evidence.RunVersion, ID: "r1", Scenario: "smoke", ElapsedNS: int64(2 * time.Second),
		Declared: evidence.Declared{Operations: 200}}
	log, err := evidence.CreateOperations(dir, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(200) {
		op := evidence.Operation{ID: i + 1, Kind: evidence.CreateHold, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
			Intended: i * 5_000_000, Call: i * 5_000_000, Return: i*5_000_000 + int64(took)}
		if err := log.Append(op); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := evidence.WriteRun(dir, run); err != nil {
		t.Fatal(err)
	}
	if v != nil {
		if err := v.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func held() *checker.Verdict {
	return &checker.Verdict{Version: checker.VerdictVersion, RunID: "r1", ExitCode: checker.ExitHeld,
		Checks: []checker.Result{{Name: "price-exact", Verdict: checker.Pass, Exercised: 1}}}
}

func TestReportOfOneRun(t *testing.T) {
	dir := saveRun(t, time.Millisecond, held())
	code, out, complaint := flashsale(t, "report", dir)
	if code != exitHeld || complaint != "" || !strings.Contains(out, dir) {
		t.Errorf("exit code %d, %q, %q", code, out, complaint)
	}
	for _, name := range []string{"report.html", "summary.md", "junit.xml", "plots/latency.svg", "plots/latency.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s was not drawn: %v", name, err)
		}
	}
}

func TestReportOfSeveralRunsIsAGateWhereAsked(t *testing.T) {
	fast, slow := saveRun(t, 2*time.Millisecond, held()), saveRun(t, 40*time.Millisecond, held())
	broken := held()
	broken.ExitCode, broken.Checks[0].Verdict = checker.ExitBroken, checker.Fail
	bad := saveRun(t, 2*time.Millisecond, broken)
	unjudged := saveRun(t, 2*time.Millisecond, nil)
	for _, c := range []struct {
		name string
		dirs []string
		gate []string
		code int
		says string
	}{
		{"slower, no gate", []string{fast, slow}, nil, checker.ExitHeld, "hold p99: 2.0ms in A, 40ms in B (×20)"},
		{"slower", []string{fast, slow}, []string{"--max-regression", "10%"}, checker.ExitThreshold, "Got worse"},
		{"let pass", []string{fast, slow}, []string{"--max-regression", "5000"}, checker.ExitHeld, "Nothing got worse"},
		{"faster", []string{slow, fast}, []string{"--max-regression", "0%"}, checker.ExitHeld, "Nothing got worse"},
		{"broken", []string{fast, bad}, []string{"--max-regression", "10%"}, checker.ExitBroken, "passed in A, fail in B"},
		{"never judged", []string{fast, unjudged}, []string{"--max-regression", "10%"}, checker.ExitUndecided, "UNDECIDED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "comparison.html")
			args := append(append([]string{"report", "--page", page}, c.dirs...), c.gate...)
			code, out, complaint := flashsale(t, args...)
			if code != c.code || !strings.Contains(out, c.says) || complaint != "" {
				t.Errorf("exit code %d, want %d and %q:\n%s%s", code, c.code, c.says, out, complaint)
			}
			if _, err := os.Stat(page); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReportRefusesBadInput(t *testing.T) {
	dir := saveRun(t, time.Millisecond, held())
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitBadInput, "which run?"},
		{[]string{filepath.Join(dir, "gone")}, exitBadInput, "gone: missing"},
		{[]string{dir, dir, "--max-regression", "much"}, exitBadInput, `--max-regression "much"`},
		{[]string{dir, dir, "--max-regression", "-3%"}, exitBadInput, "percentage"},
		{[]string{dir, "--max-regression", "3%"}, exitBadInput, "baseline"},
		{[]string{dir, dir, dir, dir, dir, dir, dir}, exitBadInput, "6 at most"},
		{[]string{dir, dir, "--page", filepath.Join(dir, "no", "such", "place.html")}, exitCannot, "place.html"},
	} {
		code, _, complaint := flashsale(t, append([]string{"report"}, c.args...)...)
		if code != c.code || !strings.Contains(complaint, c.says) || strings.Count(complaint, "\n") != 1 {
			t.Errorf("%v: exit code %d, %q; want %d, one line with %q", c.args, code, complaint, c.code, c.says)
		}
	}
}
