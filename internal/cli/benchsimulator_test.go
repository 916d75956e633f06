package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"flashsale/internal/bench"
)

// fakeGenerator is the name under which the test binary plays a load generator, see TestMain.
const fakeGenerator = "wrk"

// generate posts a few holds to the URL that ends a load generator's command line, and returns its exit code.
func generate(args []string) int {
	for range 20 {
		answer, err := http.Post(args[len(args)-1], "application/json", strings.NewReader(`{"product_id":1,"qty":1}`))
		if err != nil || answer.StatusCode != http.StatusCreated {
			fmt.Fprintln(os.Stderr, answer, err)
			return 1
		}
		answer.Body.Close()
	}
	return 0
}

// Our simulator in earnest, for a second, next to a generator that is none and to others that are not there.
func TestBenchSimulator(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("labs do not run on Windows")
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, fakeGenerator))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	file, plots := filepath.Join(dir, "result.json"), filepath.Join(dir, "plots")
	code, out, complaint := flashsale(t, "bench", "simulator", "--rounds", "2", "--measure", "1s", "--rate", "200", "--connections", "4",
		"--json", file, "--plots", plots)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out, complaint)
	}
	for _, want := range []string{"us/request", "k6          not measured: not on PATH; see https://", "2 rounds of 1 s"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	var result bench.SimulatorResult
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Microsec) != 2 || result.Microsec["flashsale"] <= 0 || result.Ratios["flashsale_vs_wrk"] <= 0 || len(result.Rounds) != 2 {
		t.Errorf("%v us, ratios %v, %d rounds", result.Microsec, result.Ratios, len(result.Rounds))
	}
	for n, round := range result.Rounds {
		if wrk, own := round["wrk"].Requests, round["flashsale"]; wrk != 20 || own.Requests != 200 || own.Stormed.Counts["hold ok"] != 200 {
			t.Errorf("round %d: %d of 20 by the fake, %d of 200 by the simulator: %+v", n+1, wrk, own.Requests, own.Stormed)
		}
	}
	if _, err := os.Stat(filepath.Join(plots, "bench-simulator.svg")); err != nil {
		t.Error(err)
	}
}

func TestBenchSimulatorRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--rounds 0":      "--rounds 0",
		"--measure 1.5s":  "whole seconds",
		"--connections 0": "--connections 0",
		"--rate -1":       "--rate -1",
		"--quick more":    "unknown command",
	} {
		code, _, complaint := flashsale(t, append([]string{"bench", "simulator"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
}
