package reports

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/page"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (go test ./reports -update, then look at the diff):\n%s", path, got)
	}
}

func render(t *testing.T, run *evidence.Run, v *checker.Verdict, stats Stats, opts Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Terminal(&out, run, v, &stats, opts); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTerminal(t *testing.T) {
	opts := Options{RunDir: "runs/stampede/20250301T103000Z"}
	run, v, stats := passingRun()
	golden(t, "passing.txt", render(t, run, v, stats, opts))
	run, v, stats = brokenRun()
	golden(t, "broken.txt", render(t, run, v, stats, opts))
}

func TestTerminalFitsThePage(t *testing.T) {
	for _, make := range []func() (*evidence.Run, *checker.Verdict, Stats){passingRun, brokenRun} {
		run, v, stats := make()
		for line := range strings.Lines(string(render(t, run, v, stats, Options{RunDir: "runs/x"}))) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > width && !strings.HasPrefix(line, "Repeat it:") {
				t.Errorf("%d columns: %s", len(line), line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("spaces at the end: %q", line)
			}
		}
	}
}

func TestColourOnlyMarks(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, make := range []func() (*evidence.Run, *checker.Verdict, Stats){passingRun, brokenRun} {
		run, v, stats := make()
		plain := render(t, run, v, stats, Options{})
		painted := render(t, run, v, stats, Options{Color: true})
		if bytes.Contains(plain, []byte("\x1b")) {
			t.Error("an escape sequence in a plain log")
		}
		if !escapes.Match(painted) {
			t.Error("no colour where it was asked for")
		}
		if stripped := escapes.ReplaceAll(painted, nil); !bytes.Equal(stripped, plain) {
			t.Errorf("colours change the text:\n%s", stripped)
		}
	}
}

// Whoever reads a run, and wherever, reads the same command.
func TestEveryReportRepeatsTheRun(t *testing.T) {
	run, v, stats := brokenRun()
	run.Invocation = evidence.Invocation{Scenario: "my.yaml", Overrides: []string{"products.stock=3"}}
	const want = "flashsale simulate my.yaml --seed 7 --server strawman --without product-lock --without exact-price " +
		"--set products.stock=3"
	if out := render(t, run, v, stats, Options{}); !bytes.HasSuffix(out, []byte("Repeat it:  "+want+"\n")) {
		t.Errorf("the command that repeats the run is not the last line:\n%s", out)
	}
	var junit, summary, html bytes.Buffer
	err := errors.Join(JUnit(&junit, run, v), Markdown(&summary, run, v, stats), page.Report(&html, run, v, stats, nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"junit": junit.String(), "summary": summary.String(), "page": html.String()} {
		if !strings.Contains(text, want) {
			t.Errorf("%s repeats another run:\n%s", name, text)
		}
	}
}

func TestCommitsAreCounted(t *testing.T) {
	run, v, stats := passingRun()
	atomic := &v.Checks[2]
	for _, c := range []struct {
		commits *int64
		atomic  checker.Word
		want    string
	}{
		{nil, checker.Skipped, ""}, {new(int64), checker.Pass, "  commits   0 judged\n"},
		{new(int64), checker.Fail, "  commits   0 judged\n"}, {new(int64), checker.Undecided, "  commits   0 recorded\n"},
	} {
		run.Declared.Commits, atomic.Verdict = c.commits, c.atomic
		out := string(render(t, run, v, stats, Options{}))
		if c.want == "" && strings.Contains(out, "  commits ") || !strings.Contains(out, c.want) {
			t.Errorf("%v: no %q in\n%s", c.commits, c.want, out)
		}
	}
}

func TestEvidenceCannotDriveTheTerminal(t *testing.T) {
	run, v, stats := brokenRun()
	v.Checks[0].Violations[0].First.Found = "\x1b[2J\x07\xff"
	out := render(t, run, v, stats, Options{})
	if bytes.ContainsAny(out, "\x1b\x07") || !utf8.Valid(out) {
		t.Errorf("control characters of the evidence reach the screen:\n%q", out)
	}
}

func TestWantsColor(t *testing.T) {
	if WantsColor(new(bytes.Buffer)) {
		t.Error("a buffer is no terminal")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if WantsColor(file) {
		t.Error("a file is no terminal")
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreTold(t *testing.T) {
	run, v, stats := passingRun()
	if err := Terminal(fullDisk{}, run, v, &stats, Options{}); !errors.Is(err, errFull) {
		t.Errorf("terminal: %v", err)
	}
	if err := JUnit(fullDisk{}, run, v); !errors.Is(err, errFull) {
		t.Errorf("junit: %v", err)
	}
}

// Whoever asks for the verdict alone does not wait for the figures, and is told how to have them.
func TestTerminalWithoutFigures(t *testing.T) {
	run, v, _ := brokenRun()
	var out bytes.Buffer
	if err := Terminal(&out, run, v, nil, Options{RunDir: "runs/latest"}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "latency runs from") || !strings.Contains(text, "Figures:    flashsale report runs/latest\n") {
		t.Errorf("printed\n%s", text)
	}
}
