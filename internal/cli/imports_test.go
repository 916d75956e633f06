package cli_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The shape of the house: what may stand at the top of the tree and who may import whom. Imports run one
// way, so that the checker cannot share a bug with what it checks, and every part can be read alone.

// area is a directory at the level the rules speak about, with all packages under it.
type area = string

// imports says which areas an area's code may import. A package may always use its own area.
var imports = map[area][]area{
	"flashsale":         {"internal/cli"},
	"server":            {"internal/api", "migrations"},
	"simulator":         {"scenarios", "internal/api", "internal/evidence", "internal/wire"},
	"scenarios":         nil,
	"checker":           {"internal/evidence"},
	"migrations":        nil,
	"reports":           {"checker", "internal/evidence"},
	"internal/api":      nil,
	"internal/evidence": nil,
	"internal/wire":     nil,
	"internal/database": nil,
	"internal/binlog":   {"internal/evidence"},
	"internal/strawman": {"internal/api"},
	"internal/lab":      {"internal/api", "internal/database", "internal/binlog", "migrations"},
	"internal/watch":    {"checker", "reports", "internal/binlog", "internal/evidence"},
	"internal/trial":    below,
	"internal/bench":    append([]area{"internal/trial"}, below...),
	"internal/cli":      append([]area{"internal/trial", "internal/bench", "internal/watch"}, below...),
}

// below is everything under the packages that put the parts together.
var below = []area{
	"server", "simulator", "scenarios", "checker", "migrations", "reports", "internal/api", "internal/evidence",
	"internal/wire", "internal/database", "internal/binlog", "internal/strawman", "internal/lab",
}

// inEveryTest may be imported by the tests of every area: a real database, for whoever needs one.
const inEveryTest = "flashsale/internal/lab/labtest"

// forbidden says whom an area must not reach by any path, tests aside: here a shared bug would hide itself.
var forbidden = map[area][]area{
	"checker":           {"server", "simulator", "internal/strawman", "scenarios", "internal/api"},
	"server":            {"simulator", "checker", "internal/strawman", "internal/evidence"},
	"internal/strawman": {"server", "simulator", "checker", "internal/evidence"},
	"simulator":         {"server", "checker", "internal/strawman"},
}

// topLevel is everything that may stand at the top of the tree, besides dotfiles and what .gitignore names.
var topLevel = []string{
	"server", "simulator", "scenarios", "checker", "migrations", "reports", "Makefile", "go.mod", "go.sum",
	"main.go", "README.md", "CHANGELOG.md", "LICENSE", "internal", "docs",
}

var ignored = []string{"runs", "flashsale", "coverage.out"}

// goPackage is what `go list -json` tells about a package.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func (p goPackage) area() area { return areaOf(p.ImportPath) }

// areaOf maps one of our import paths to its area, and any other path to "".
func areaOf(path string) area {
	if path == "flashsale" {
		return path
	}
	rest, ours := strings.CutPrefix(path, "flashsale/")
	if !ours {
		return ""
	}
	parts := strings.SplitN(rest, "/", 3)
	if parts[0] == "internal" && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		t.Run(p.ImportPath, func(t *testing.T) {
			may, known := imports[p.area()]
			if !known {
				t.Fatalf("area %q has no rule: the top level and internal/ are fixed", p.area())
			}
			for _, path := range p.Imports {
				if !allowed(path, p.area(), may) {
					t.Errorf("imports %s; %s may import %v only", path, p.area(), may)
				}
			}
			for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
				if path != inEveryTest && !allowed(path, p.area(), may) {
					t.Errorf("its tests import %s; they may import %v and %s only", path, may, inEveryTest)
				}
			}
		})
	}
}

func allowed(path string, from area, may []area) bool {
	to := areaOf(path)
	return to == "" || to == from || slices.Contains(may, to)
}

func TestJudgeAndJudgedShareNothing(t *testing.T) {
	graph := map[area]map[area]bool{}
	for _, p := range listPackages(t) {
		reach := graph[p.area()]
		if reach == nil {
			reach = map[area]bool{}
			graph[p.area()] = reach
		}
		for _, path := range p.Imports {
			if to := areaOf(path); to != "" {
				reach[to] = true
			}
		}
	}
	for from, banned := range forbidden {
		reached := closure(graph, from)
		for _, to := range banned {
			if reached[to] {
				t.Errorf("%s reaches %s through its imports", from, to)
			}
		}
	}
}

// closure is every area that can be reached from one, itself included.
func closure(graph map[area]map[area]bool, from area) map[area]bool {
	reached := map[area]bool{from: true}
	for queue := []area{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range slices.Sorted(maps.Keys(graph[queue[0]])) {
			if !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	return reached
}

func TestTestingStaysInTests(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, path := range p.Imports {
			if path == "testing" || strings.HasPrefix(path, "testing/") || path == "pgregory.net/rapid" {
				t.Errorf("%s imports %s outside its tests", p.ImportPath, path)
			}
		}
	}
}

// TestLabAloneStartsProcesses: whoever starts a process must also end it, even when we are killed, and only the
// lab's keeper can promise that.
func TestLabAloneStartsProcesses(t *testing.T) {
	root := moduleRoot(t)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if rel == filepath.Join("internal", "lab") || rel != "." && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go") {
			noProcess(t, root, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// noProcess reports every use of a function that starts a process.
func noProcess(t *testing.T, root, rel string) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, rel), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("%s: %v", rel, err)
		return
	}
	starters := []string{"exec.Command", "exec.CommandContext", "os.StartProcess", "syscall.ForkExec", "syscall.Exec"}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && slices.Contains(starters, pkg.Name+"."+selector.Sel.Name) {
			t.Errorf("%s uses %s.%s; only internal/lab starts processes", rel, pkg.Name, selector.Sel.Name)
		}
		return true
	})
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir(moduleRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range entries {
		name := e.Name()
		seen = append(seen, name)
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) && !slices.Contains(ignored, name) {
			t.Errorf("%s must not stand at the top of the tree", name)
		}
	}
	for _, want := range topLevel {
		// git keeps no empty directory: docs/ comes with its first page.
		if !slices.Contains(seen, want) && want != "docs" {
			t.Errorf("%s is missing from the top of the tree", want)
		}
	}
}

func TestEveryRuleHasItsDirectory(t *testing.T) {
	// A rule for a directory that does not exist guards nothing: most likely it was renamed.
	for dir := range imports {
		if dir == "flashsale" {
			continue
		}
		if _, err := os.Stat(filepath.Join(moduleRoot(t), dir)); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a rule for %s, but no such directory", dir)
		}
	}
}

// listPackages asks the go command for every package of the module, with any build errors left to the compiler.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e",
		"-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = moduleRoot(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list's output: %v", err)
		}
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatal("go list names no package")
	}
	return packages
}

// moduleRoot is two levels up: a test runs in its package's directory.
func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}
