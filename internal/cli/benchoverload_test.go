package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flashsale/internal/bench/overload"
)

// Two loads for a moment: everything but the figures is as in earnest.
func TestBenchOverload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, plots := filepath.Join(dir, "result.json"), filepath.Join(dir, "plots")
	code, out, complaint := flashsale(t, "bench", "overload", "--rounds", "1", "--loads", "0.5,3", "--measure", "400ms",
		"--commit-delay", "10ms", "--batch-max", "4", "--json", file, "--plots", plots)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out, complaint)
	}
	for _, want := range []string{"the capacity is", "of its peak", "served p99", "fast again"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	var result overload.Result
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	if result.Capacity <= 0 || len(result.Steps) != 2 || result.Steps[1].Goodput <= 0 || len(result.Recovery.Windows) != 11 {
		t.Errorf("measured %s", text)
	}
	for _, name := range []string{"bench-overload.svg", "bench-overload-recovery.png"} {
		if _, err := os.Stat(filepath.Join(plots, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestBenchOverloadRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--commit-delay 2s":         "--commit-delay 2s",
		"--batch-max 0":             "--batch-max 0",
		"--rounds 0":                "--rounds 0",
		"--measure 1ms":             "--measure 1ms",
		"--connections 100000":      "--connections 100000",
		"--loads 3,1":               "--loads [3 1]",
		"--image mysql:8.4 --dsn x": "give one of them",
	} {
		code, _, complaint := flashsale(t, append([]string{"bench", "overload"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
}
