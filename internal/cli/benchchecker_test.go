package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flashsale/internal/bench"
	"flashsale/internal/evidence"
)

// Two sizes, two rounds, and a server that is followed for a moment: everything but the figures is as in earnest.
func TestBenchChecker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, plots, keep := filepath.Join(dir, "result.json"), filepath.Join(dir, "plots"), filepath.Join(dir, "runs")
	code, out, complaint := flashsale(t, "bench", "checker", "--sizes", "5000,10000", "--rounds", "2", "--measure", "200ms",
		"--connections", "8", "--json", file, "--plots", plots, "--keep", keep)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out, complaint)
	}
	for _, want := range []string{"operations/s", "n log n", "following the binlog costs"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	var result bench.CheckerResult
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"5000", "10000"} {
		if result.Seconds[size] <= 0 || result.PeakMiB[size] < 1 {
			t.Errorf("%s operations: %v s, %v MiB", size, result.Seconds[size], result.PeakMiB[size])
		}
	}
	if f := result.Follow; f == nil || result.FollowCost == nil || len(f.Rounds) != 2 || f.Alone <= 0 || f.Rounds[1].Commits == 0 {
		t.Errorf("following: %+v", f)
	}
	if _, err := os.Stat(filepath.Join(plots, "bench-checker.svg")); err != nil {
		t.Error(err)
	}
	if _, err := evidence.ReadRun(filepath.Join(keep, "10000-seed-1")); err != nil {
		t.Error(err)
	}
}

func TestBenchCheckerRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--sizes 10":                     "--sizes 10",
		"--rounds 0":                     "--rounds 0",
		"--connections 0":                "--connections 0",
		"--measure 1ms":                  "--measure 1ms",
		"--image mysql:8.4 --dsn x":      "give one of them",
		"--quick --sizes 10000000000000": "--sizes",
	} {
		code, _, complaint := flashsale(t, append([]string{"bench", "checker"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
}
