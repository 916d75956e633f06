package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"flashsale/internal/bench/scale"
)

// readScale runs a short sweep and returns its output and its JSON.
func readScale(t *testing.T, dir string, args ...string) (out string, result scale.Result) {
	t.Helper()
	file := filepath.Join(dir, "scale.json")
	args = append([]string{"bench", "scale", "--rounds", "2", "--measure", "100ms", "--connections", "4", "--json", file}, args...)
	code, out, complaint := flashsale(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out, complaint)
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, result
}

// Every sweep at two of its points, short: everything but the figures is as in earnest.
func TestBenchScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, points, curves string }{
		{"connections", "1,8", "holds"},
		{"active-holds", "0,3000", "holds, product reads"},
		{"products", "1,50", "holds"},
		{"replicas", "1,2", "holds on 1 product, holds on 100 products"},
		{"batch", "1,8", "holds"},
		{"fsync", "1,4", "durable, not durable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			out, result := readScale(t, dir, "--only", c.name, "--points", c.points, "--plots", dir)
			if len(result.Sweeps) != 1 || result.Machine.Database == "" || result.Machine.Cores == 0 {
				t.Fatalf("%+v", result)
			}
			sweep := result.Sweeps[0]
			checkSweep(t, sweep, c.name, c.points, c.curves)
			if !strings.Contains(out, sweep.Explanation) {
				t.Errorf("the output does not say %q:\n%s", sweep.Explanation, out)
			}
			for _, ending := range []string{".svg", ".png"} {
				if _, err := os.Stat(filepath.Join(dir, "bench-scale-"+c.name+ending)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func checkSweep(t *testing.T, sweep scale.Sweep, name, points, curves string) {
	t.Helper()
	var names []string
	for _, c := range sweep.Curves {
		names = append(names, c.Name)
		var settings []string
		for _, p := range c.Points {
			settings = append(settings, strconv.FormatInt(p.Setting, 10))
			reads := strings.Contains(c.Name, "reads")
			if len(p.Rounds) != 2 || p.PerSecond.Least <= 0 || p.PerSecond.Most < p.PerSecond.Median || p.P99.Median < p.P50.Median ||
				p.VsFirst <= 0 || (p.CommandsPerCommit > 0) == reads {
				t.Errorf("%s at %d: %+v", c.Name, p.Setting, p)
			}
			if name == "batch" && p.CommandsPerCommit > float64(p.Setting) {
				t.Errorf("batches of %.1f commands where %d are allowed", p.CommandsPerCommit, p.Setting)
			}
		}
		if got := strings.Join(settings, ","); got != points {
			t.Errorf("%s: points %s, want %s", c.Name, got, points)
		}
	}
	if got := strings.Join(names, ", "); sweep.Name != name || got != curves || sweep.Explanation == "" {
		t.Errorf("sweep %s of %s: %q", sweep.Name, got, sweep.Explanation)
	}
}

func TestBenchScaleRefusesBadInput(t *testing.T) {
	for args, says := range map[string]string{
		"--only nothing":                         "--only nothing: one of connections, active-holds",
		"--only batch --only batch":              "twice",
		"--only fsync --dsn x":                   "--dsn",
		"--points 1,2":                           "--only must name",
		"--only batch --points 0":                "commands go from 1",
		"--only products --points 10,10":         "must be more than the 10",
		"--rounds 0":                             "--rounds 0",
		"--measure 1ms":                          "--measure 1ms",
		"--connections 5000":                     "--connections 5000",
		"--image mysql:8.4 --dsn x --only batch": "give one of them",
	} {
		code, _, complaint := flashsale(t, append([]string{"bench", "scale"}, strings.Fields(args)...)...)
		if code != exitBadInput || !strings.Contains(complaint, says) {
			t.Errorf("%s: exit code %d, %s", args, code, complaint)
		}
	}
}
