package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Everything that README.md and docs tell people to do is done here, word for word and in order: the commands of the
// ```sh blocks, the statements of the ```sql blocks, and what the ```yaml blocks tell build servers to run. Each file is
// one shell, each block begins at the top of the tree, and a server serves until the next one starts. A command must
// succeed, unless the comment behind it says `exit code N`.

// documented is one command of a guide.
type documented struct {
	file, language, text string
	block                int // counts from 0
	code                 int // expected
}

var declaredCode = regexp.MustCompile(`#.*exit code (\d+)`)

// documentedCommands returns the commands of a guide in their order.
func documentedCommands(t *testing.T, file string) (all []documented) {
	t.Helper()
	for i, m := range fence.FindAllStringSubmatch(docText(t, file), -1) {
		var texts []string
		switch m[1] {
		case "sh":
			texts = strings.Split(strings.ReplaceAll(m[2], "\\\n", " "), "\n")
		case "sql":
			texts = []string{m[2]}
		case "yaml":
			steps, err := documents(m[2])
			if err != nil {
				t.Fatal(err)
			}
			texts = buildSteps(steps)
		}
		for _, text := range texts {
			if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
				continue
			}
			c := documented{file: file, language: m[1], text: text, block: i}
			if declared := declaredCode.FindStringSubmatch(text); declared != nil {
				c.code, _ = strconv.Atoi(declared[1]) // digits
			}
			all = append(all, c)
		}
	}
	return all
}

// buildSteps finds what a build server is told to run: every `run` of GitHub's, every line of GitLab's `script`.
func buildSteps(node any) (texts []string) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			texts = append(texts, buildSteps(child)...)
		}
	case map[string]any:
		for key, child := range node {
			text, isText := child.(string)
			lines, isList := child.([]any)
			switch {
			case key == "run" && isText:
				texts = append(texts, text)
			case key == "script" && isList:
				for _, line := range lines {
					texts = append(texts, line.(string))
				}
			default:
				texts = append(texts, buildSteps(child)...)
			}
		}
	}
	return texts
}

func guides(t *testing.T) (files []string) {
	for _, file := range docFiles(t) {
		if filepath.Ext(file) == ".md" {
			files = append(files, file)
		}
	}
	return files
}

func TestDocumentedCommandsRun(t *testing.T) {
	if os.Getenv("FLASHSALE_TEST_DOCS") == "" {
		t.Skip("takes minutes, and port 8080: .ci/docs runs it")
	}
	for _, file := range guides(t) {
		t.Run(file, func(t *testing.T) {
			commands := documentedCommands(t, file)
			if !slices.ContainsFunc(commands, func(c documented) bool { return c.elsewhere() == "" }) {
				t.Skip("tells nobody to do anything that is done here")
			}
			s, block := startSession(t), -1
			done := map[string]bool{}
			for _, c := range commands {
				if c.block != block {
					s.must("cd '" + s.top + "'")
					block = c.block
				}
				// Two build servers are told the same.
				if c.language != "yaml" || !done[c.text] {
					s.follow(c)
				}
				done[c.text] = true
			}
		})
	}
}

// follow does what a guide says next.
func (s *session) follow(c documented) {
	s.Helper()
	if why := c.elsewhere(); why != "" {
		s.Logf("not here: %s (%s)", c.text, why)
		return
	}
	for _, g := range given {
		if g.appliesTo(c) {
			if code, out := s.do(g.do); code != 0 {
				s.Fatalf("before %s:\n%s\nexit code %d:\n%s", c.text, g.do, code, out)
			}
		}
	}
	text := c.text
	for _, i := range instead {
		text = strings.ReplaceAll(text, i.text, i.by)
	}
	s.Log(text)
	if c.language == "sql" {
		text = sqlBlock + text
	}
	if code, out := s.do(text); code != c.code {
		s.Errorf("%s\nexit code %d, want %d:\n%s", text, code, c.code, out)
	}
}

// sqlBlock and serveInstead begin what is no command line: statements, and a server that is started in another way.
const sqlBlock, serveInstead = "sql: ", "serve: "

func (s *session) do(text string) (code int, out string) {
	s.Helper()
	text = strings.ReplaceAll(text, "{database}", s.database)
	if statements, ok := strings.CutPrefix(text, sqlBlock); ok {
		return s.run("mariadb <<'END'\n" + statements + "\nEND")
	}
	if start, ok := strings.CutPrefix(text, serveInstead); ok {
		return s.serve(start)
	}
	if lines := commandLines(text); len(lines) == 1 && lines[0][0] == "serve" {
		return s.serve(text)
	}
	return s.run(text)
}
