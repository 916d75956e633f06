package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"flashsale/internal/bench"
)

// One short round with few connections and rows: everything but the figures is as in earnest.
func TestBenchServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, plots := filepath.Join(dir, "result.json"), filepath.Join(dir, "plots")
	code, out, complaint := flashsale(t, "bench", "server", "--rounds", "1", "--measure", "400ms", "--connections", "8",
		"--active-holds", "300", "--many-holds", "12000", "--json", file, "--plots", plots)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out, complaint)
	}
	for _, want := range []string{"counter column", "empty table", "half of the peak", "the stock adds up", "every commit durable"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	var result bench.ServerResult
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	ratios := []string{"holds_vs_strawman", "holds_vs_counter", "holds_vs_null", "checkouts_vs_strawman", "reads_vs_null",
		"soldout_vs_null", "million_holds_vs_empty"}
	if _, err := exec.LookPath("redis-server"); err == nil {
		ratios = append(ratios, "holds_vs_redis")
	} else if !strings.Contains(out, "not measured: redis-server is not on PATH") {
		t.Errorf("the output does not say that Redis is missing:\n%s", out)
	}
	for _, name := range ratios {
		if result.Ratios[name] <= 0 {
			t.Errorf("%s is %v", name, result.Ratios[name])
		}
	}
	if len(result.Ratios) != len(ratios) || len(result.Rounds) != 1 || len(result.Contestants) != 14 || result.P99 <= 0 ||
		result.HalfPeak.Answers == 0 {
		t.Errorf("%+v", result)
	}
	if result.Machine.Database == "" || result.Machine.FsyncMicros <= 0 {
		t.Errorf("machine %+v", result.Machine)
	}
	if _, err := os.Stat(filepath.Join(plots, "bench-server.svg")); err != nil {
		t.Error(err)
	}
}

func TestBenchServerRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--rounds 0":                "--rounds 0",
		"--connections 2000":        "--connections 2000",
		"--measure 1ms":             "--measure 1ms",
		"--active-holds -1":         "--active-holds -1",
		"--many-holds 100000000000": "--many-holds",
	} {
		code, _, complaint := flashsale(t, append([]string{"bench", "server"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
}

func TestFrontRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--counter abacus": "--counter",
		"--stock x=1":      "--stock x=1",
		"--stock 1=-1":     "--stock 1=-1",
		"--hold-ttl 0s":    "--hold-ttl",
	} {
		code, _, complaint := flashsale(t, append([]string{"front", "--allow-unsigned-webhooks"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
	code, _, complaint := flashsale(t, "front", "--allow-unsigned-webhooks", "--counter", "redis://127.0.0.1:1")
	if code != exitCannot || !strings.Contains(complaint, "127.0.0.1:1") {
		t.Errorf("no Redis there: exit code %d, %s", code, complaint)
	}
}
