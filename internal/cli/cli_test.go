package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be flashsale: labs start their keeper and servers by calling it again. Under another
// name it plays a load generator.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakeGenerator {
		os.Exit(generate(os.Args))
	}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := Run(ctx, os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// flashsale runs one command line in this process.
func flashsale(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), args, Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// Bad input gets one clear line and exit code 254, and leaves nothing behind.
func TestBadInput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "runs")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("# none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, says string }{
		{"simulat", `did you mean "simulate"?`},
		{"simulate", "which scenario?"},
		{"simulate smok", `smoke`},
		{"simulate nowhere.yaml", "nowhere.yaml"},
		{"simulate smoke --runs 0", "--runs 0"},
		{"simulate smoke --seed x", "invalid argument"},
		{"simulate smoke --nonsense", "unknown flag"},
		{"simulate smoke --server toaster", `--server "toaster"`},
		{"simulate smoke --without hold-lock", "--server strawman"},
		{"simulate smoke --server strawman --without hold-lok", "hold-lock"},
		{"simulate smoke --set arrivals.speed=3", "speed"},
		{"simulate smoke --set expect.exercise={stock-never-oversol:1}", `did you mean "stock-never-oversold"?`},
		{"simulate smoke --target http://127.0.0.1:1", "--webhook-secret-file"},
		{"simulate smoke --target ftp://x --webhook-secret-file x", "http://HOST:PORT"},
		{"simulate smoke --target http://me:secret@127.0.0.1:1 --webhook-secret-file x", "http://HOST:PORT"},
		{"simulate smoke --target http://127.0.0.1:1 --dsn x", "do not go with"},
		{"simulate smoke --image mysql:8.4 --dsn x", "give one of them"},
		{"simulate smoke --target http://127.0.0.1:1 --image mysql:8.4", "do not go with"},
		{"serve", "no webhook secret"},
		{"serve --allow-unsigned-webhooks --image mysql:8.4 --dsn x", "give one of them"},
		{"strawman --create-schema --dsn root@tcp(127.0.0.1:1)/x --counter-column --without signature", "has every guard"},
		{"bench server --image mysql:8.4 --dsn x", "give one of them"},
		{"serve --webhook-secret-file /nonexistent", "/nonexistent"},
		{"serve --webhook-secret-file " + secret, "no secret in it"},
		{"serve --allow-unsigned-webhooks --hold-ttl 0s", "--hold-ttl"},
		{"serve --allow-unsigned-webhooks --demo-stock 0", "--demo-stock"},
		{"serve --allow-unsigned-webhooks --log-level loud", "--log-level"},
		{"check", "a run directory"},
		{"check " + out, "missing"},
		{"check " + out + " --dsn root@tcp(127.0.0.1:1)/x", "give one of them"},
		{"check --dsn root@tcp(127.0.0.1:1)/", "names no database"},
		{"watch", "--dsn"},
		{"watch --dsn y --for -1s", "--for"},
		{"watch --dsn y --hold-ttl -1s", "--hold-ttl"},
		{"watch --dsn y --recent 0", "--recent"},
		{"migrate sideways", "sideways"},
		{"migrate up", "--dsn"},
		{"migrate up --dsn root@tcp(127.0.0.1:1)/", "names no database"},
		{"product add x --stock 0 --dsn y", "--stock"},
		{"product restock x --units 1 --dsn y", "product id"},
		{"webhook send --status success", "--order"},
		{"webhook send --order 1 --status maybe", "--status"},
		{"bench server --connections 0", "--connections"},
	} {
		args := strings.Fields(c.args)
		if args[0] == "simulate" {
			args = append(args, "--out", out)
		}
		code, stdout, complaint := flashsale(t, args...)
		if code != exitBadInput || !strings.Contains(complaint, c.says) || stdout != "" {
			t.Errorf("%s: exit code %d, %q, want 254 and %q; printed %q", c.args, code, complaint, c.says, stdout)
		}
		if !strings.HasPrefix(complaint, "flashsale: ") || strings.Count(complaint, "\n") != 1 {
			t.Errorf("%s: not one line: %q", c.args, complaint)
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("bad input left %s: %v", out, err)
	}
}

func TestADatabaseThatCannotBeReached(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "runs")
	const dsn = "nobody:secret-password@tcp(127.0.0.1:1)/x"
	for _, args := range [][]string{
		{"simulate", "smoke", "--dsn", dsn, "--out", out},
		{"migrate", "status", "--dsn", dsn},
		{"serve", "--allow-unsigned-webhooks", "--dsn", dsn, "--log-level", "error"},
		{"product", "list", "--dsn", dsn},
	} {
		code, _, complaint := flashsale(t, args...)
		if code != exitCannot || !strings.Contains(complaint, "127.0.0.1:1") || strings.Contains(complaint, "secret-password") {
			t.Errorf("%v: exit code %d, %q", args, code, complaint)
		}
	}
	if runs, _ := filepath.Glob(filepath.Join(out, "smoke", "*")); len(runs) != 0 {
		t.Errorf("a run that never began left %v", runs)
	}
}

func TestEnvironmentGivesFlagsAndTheFlagWins(t *testing.T) {
	t.Setenv("FLASHSALE_RUNS", "0")
	if code, _, complaint := flashsale(t, "simulate", "smoke"); code != exitBadInput || !strings.Contains(complaint, "--runs 0") {
		t.Errorf("exit code %d, %q", code, complaint)
	}
	if code, _, complaint := flashsale(t, "simulate", "smok", "--runs", "1"); code != exitBadInput || strings.Contains(complaint, "--runs") {
		t.Errorf("exit code %d, %q", code, complaint)
	}
	t.Setenv("FLASHSALE_RUNS", "many")
	if code, _, complaint := flashsale(t, "simulate", "smoke"); code != exitBadInput || !strings.Contains(complaint, "FLASHSALE_RUNS") {
		t.Errorf("exit code %d, %q", code, complaint)
	}
}

func TestListsAndHelp(t *testing.T) {
	for args, wants := range map[string][]string{
		"scenarios":         {"stampede", "smoke", "gauntlet", "soak"},
		"guards":            {"product-lock", "caught by stock-never-oversold"},
		"checks":            {"stock-never-oversold", "stock-returns"},
		"version":           {"flashsale "},
		"--help":            {"simulate", "254", "FLASHSALE_DSN"},
		"simulate --help":   {"--seed", "Exit codes:"},
		"guards --names":    {"hold-lock\n"},
		"scenarios --names": {"soak\n"},
	} {
		code, out, complaint := flashsale(t, strings.Fields(args)...)
		if code != exitHeld || complaint != "" {
			t.Errorf("%s: exit code %d, %q", args, code, complaint)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", args, want, out)
			}
		}
	}
}

func TestNamesAreCompleted(t *testing.T) {
	for args, want := range map[string]string{
		"__complete simulate st":                    "stampede\n",
		"__complete simulate gauntlet --without ho": "hold-lock\n",
	} {
		if code, out, _ := flashsale(t, strings.Fields(args)...); code != exitHeld || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, %q", args, code, out)
		}
	}
}

// again runs this binary as flashsale, in a process of its own.
func again(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// A person presses Ctrl-C: the run stops at once, keeps what it has, and is undecided.
func TestAnInterruptedRunIsUndecidedAndKept(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "runs")
	var said bytes.Buffer
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := again(t, "simulate", "soak", "--seed", "7", "--out", out)
	cmd.Stdout, cmd.Stderr = &said, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	progress := make([]byte, 4096)
	if n, err := reader.Read(progress); err != nil { // the first plain line: the storm is on
		t.Fatalf("%v: %s%s", err, progress[:n], said.String())
	}
	interrupted := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = new(bytes.Buffer).ReadFrom(reader) }()
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("%v, want exit code 2:\n%s", err, said.String())
	}
	t.Logf("stopped after %v", time.Since(interrupted))
	code, verdictText, complaint := flashsale(t, "check", filepath.Join(out, "latest"))
	if code != 2 || !strings.Contains(verdictText, "interrupt") {
		t.Errorf("check says %d %s%s", code, verdictText, complaint)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "soak", ".*")); len(left) != 0 {
		t.Errorf("half-written: %v", left)
	}
}

func TestSmokeHoldsAndIsTheSameFromItsFiles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "runs")
	code, said, complaint := flashsale(t, "simulate", "smoke", "--out", out)
	if code != exitHeld {
		t.Fatalf("exit code %d\n%s%s", code, said, complaint)
	}
	latest := filepath.Join(out, "latest")
	for _, file := range []string{"scenario.yaml", "run.json", "operations.parquet", "tables/start/products.parquet", "tables/final/orders.parquet", "verdict.json", "junit.xml", "server-0.log", "database.log"} {
		if info, err := os.Stat(filepath.Join(latest, file)); err != nil || info.Size() == 0 && !strings.HasSuffix(file, ".log") {
			t.Errorf("%s: %v", file, err)
		}
	}
	code, again, complaint := flashsale(t, "check", latest)
	if code != exitHeld {
		t.Errorf("check: exit code %d\n%s%s", code, again, complaint)
	}
	// The scenario as run plans the same run.
	first, err := os.ReadFile(filepath.Join(latest, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if code, said, complaint := flashsale(t, "simulate", filepath.Join(latest, "scenario.yaml"), "--out", out); code != exitHeld {
		t.Fatalf("exit code %d\n%s%s", code, said, complaint)
	}
	second, err := os.ReadFile(filepath.Join(latest, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := planHash(first), planHash(second); a == "" || a != b {
		t.Errorf("plans %s and %s", a, b)
	}
}

func planHash(run []byte) string {
	_, rest, _ := strings.Cut(string(run), `"plan_sha256": "`)
	hash, _, _ := strings.Cut(rest, `"`)
	return hash
}

// short is smoke, shrunk to what a test of the machinery around a run needs.
var short = []string{"simulate", "smoke", "--set", "arrivals.phases[0].duration=500ms", "--set", "expect.exercise={}"}

// A series that was interrupted goes on where it stopped: runs that are saved are not made again.
func TestASeriesIsResumed(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "runs")
	series := func(n string) []string {
		return append(append([]string{}, short...), "--seed", "3", "--runs", n, "--out", out)
	}
	_, said, complaint := flashsale(t, series("2")...)
	if strings.Count(said, "\nseed ")+strings.Count(said, "seed 3 ") != 2 || !strings.Contains(said, "2 runs:") {
		t.Fatalf("%s%s", said, complaint)
	}
	_, said, complaint = flashsale(t, series("3")...)
	if strings.Count(said, "(saved before)") != 2 || !strings.Contains(said, "3 runs:") {
		t.Errorf("%s%s", said, complaint)
	}
	if dirs, _ := filepath.Glob(filepath.Join(out, "smoke", "2*")); len(dirs) != 3 {
		t.Errorf("run directories %v", dirs)
	}
}
