package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page is written from results that every bench has left; the target that makes them must name commands that exist.
func TestPerformanceTarget(t *testing.T) {
	_, recipe, _ := strings.Cut(docText(t, "Makefile"), "\nperformance: ")
	recipe, _, _ = strings.Cut(recipe, "\n\n")
	recipe = strings.NewReplacer("$(if $(MYSQL_IMAGE),", "", ".json)", ".json").Replace(recipe)
	written := map[string]bool{}
	for _, args := range commandLines(recipe) {
		for i := range args { // what make puts in their place
			args[i] = strings.NewReplacer("$(ARGS)", "--quick", "$(MYSQL_IMAGE)", "mysql:8.4", "$(RESULTS)", "results").Replace(args[i])
		}
		if err := dryRun(args); err != nil {
			t.Errorf("flashsale %s: %v", strings.Join(args, " "), err)
		}
		if i := len(args) - 1; args[i-1] == "--json" {
			written[filepath.Base(args[i])] = true
		}
	}
	for _, file := range []string{"server.json", "server-mysql.json", "simulator.json", "checker.json", "scale.json", "overload.json"} {
		if !written[file] {
			t.Errorf("nothing writes %s", file)
		}
	}
}

func TestBenchDocument(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "performance.md")
	code, _, complaint := flashsale(t, "bench", "document", "--from", dir, "--out", page)
	if code != exitBadInput || !strings.Contains(complaint, "run make performance") {
		t.Errorf("of nothing: exit code %d, %s", code, complaint)
	}
	from := filepath.Join(repository, "internal", "bench", "document", "testdata", "full")
	code, out, complaint := flashsale(t, "bench", "document", "--from", from, "--out", page)
	if code != 0 || !strings.Contains(out, "wrote "+page) {
		t.Fatalf("exit code %d, %s %s", code, out, complaint)
	}
	for _, file := range []string{page, filepath.Join(dir, "images", "bench-server.png")} {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}
