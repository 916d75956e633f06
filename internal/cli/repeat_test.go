package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flashsale/checker"
)

// The last line of a summary is a command that plans the same run again, whoever prints it, and tells no secret.

// madeRun is a run as its user sees it.
type madeRun struct{ file, repeat string }

// makeRun runs a command line of simulate, whatever the verdict on it.
func makeRun(t *testing.T, args ...string) madeRun {
	t.Helper()
	out := filepath.Join(t.TempDir(), "runs")
	code, said, complaint := flashsale(t, append(args, "--out", out)...)
	file, err := os.ReadFile(filepath.Join(out, "latest", "run.json"))
	if code > checker.ExitThreshold || err != nil {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, said, complaint)
	}
	repeat := repeatLine(said)
	if _, again, _ := flashsale(t, "check", filepath.Join(out, "latest")); repeatLine(again) != repeat {
		t.Errorf("simulate says %q, check says %q", repeat, repeatLine(again))
	}
	summary, err := os.ReadFile(filepath.Join(out, "latest", "summary.md"))
	if err != nil || !strings.Contains(string(summary), repeat) {
		t.Errorf("simulate says %q, the summary is (%v)\n%s", repeat, err, summary)
	}
	return madeRun{string(file), repeat}
}

// repeatLine is the command that a summary ends with.
func repeatLine(summary string) string {
	_, repeat, _ := strings.Cut(summary, "Repeat it:  ")
	return strings.TrimSpace(repeat)
}

func TestARunIsRepeatedByItsLastLine(t *testing.T) {
	dsn, config := startDatabaseServer(t)
	t.Setenv("FLASHSALE_DSN", dsn)
	scenario := filepath.Join(t.TempDir(), "my sale.yaml")
	text, err := os.ReadFile(filepath.Join(repository, "scenarios", "smoke.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scenario, text, 0o600); err != nil {
		t.Fatal(err)
	}
	first := makeRun(t, append([]string{"simulate", scenario, "--seed", "5"}, short[2:]...)...)
	if strings.Contains(first.file, "tcp(") || strings.Contains(first.file, config.Addr) {
		t.Errorf("run.json knows the DSN:\n%s", first.file)
	}
	commands := commandLines(first.repeat)
	if len(commands) != 1 || !strings.HasPrefix(first.repeat, "FLASHSALE_DSN=") {
		t.Fatalf("repeated by %q", first.repeat)
	}
	second := makeRun(t, commands[0]...)
	if a, b := planHash([]byte(first.file)), planHash([]byte(second.file)); a == "" || a != b || second.repeat != first.repeat {
		t.Errorf("%s and then %s, plans %s and %s", first.repeat, second.repeat, a, b)
	}
}

func TestARunAgainstATargetIsRepeatedByItsLastLine(t *testing.T) {
	t.Parallel()
	const secret = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"
	file := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _ := serveForTest(t, "serve", "--webhook-secret-file", file, "--hold-ttl", "1s")
	args := append(slices.Clone(short), "--set", "products.count=1", "--target", url, "--webhook-secret-file", file)
	run := makeRun(t, args...)
	if strings.Contains(run.file, strings.TrimPrefix(secret, "whsec_")) {
		t.Errorf("run.json knows the secret:\n%s", run.file)
	}
	for _, want := range []string{"--target " + url, "--product 1", "--webhook-secret-file " + file, "--set products.count=1"} {
		if !strings.Contains(run.repeat, want) {
			t.Errorf("no %q in %q", want, run.repeat)
		}
	}
}
