package cli

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flashsale/internal/strawman"
	"flashsale/scenarios"
)

// The documentation is held to what it says: every command line in it is one that this binary takes, every
// file that it hands out parses. What the guides tell people to do is done, in docsrun_test.go and docsguide_test.go.

const repository = "../.."

// docFiles lists README.md and everything under docs and .github, by path from the top of the tree.
func docFiles(t *testing.T) []string {
	t.Helper()
	files := []string{"README.md"}
	for _, dir := range []string{"docs", ".github"} {
		err := filepath.WalkDir(filepath.Join(repository, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := filepath.Rel(repository, path)
			files = append(files, filepath.ToSlash(file))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func docText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```")

// blocks returns the code blocks of one language in a Markdown file.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	var found []string
	for _, m := range fence.FindAllStringSubmatch(docText(t, file), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

// shellWords splits a line as a shell would, as far as the documentation needs: quotes, comments, and
// operators as words of their own.
var shellWords = regexp.MustCompile(`(?:^|\s)#.*|&&|\|\||[|;<>&]|(?:'[^']*'|"[^"]*"|[^\s'"|;<>&])+`)

// commandLines returns the calls of flashsale in a text, shell or YAML, each as its arguments.
func commandLines(text string) (lines [][]string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "- "), "run: ")
		var command []string
		for _, word := range append(shellWords.FindAllString(line, -1), ";") {
			switch {
			case strings.HasPrefix(strings.TrimSpace(word), "#"):
			case strings.Trim(word, "&|;<>") != "":
				command = append(command, strings.NewReplacer("'", "", `"`, "").Replace(word))
			default:
				if args, ours := flashsaleArguments(command); ours {
					lines = append(lines, args)
				}
				command = nil
			}
		}
	}
	return lines
}

func flashsaleArguments(command []string) (args []string, ours bool) {
	for i, word := range command {
		if strings.Contains(word, "=") { // a variable for this one command
			continue
		}
		return command[i+1:], word == "./flashsale" || word == "flashsale"
	}
	return nil, false
}

// dryRun says what is wrong with a command line, short of running it.
func dryRun(args []string) error {
	root := newRoot()
	root.InitDefaultCompletionCmd(args...)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return err
	}
	if cmd.HasSubCommands() && len(args) > 0 && cmd != root {
		return errors.New(cmd.CommandPath() + " needs a subcommand")
	}
	if cmd.Name() == "simulate" {
		return drySimulate(cmd)
	}
	return nil
}

func drySimulate(cmd *cobra.Command) error {
	set, _ := cmd.Flags().GetStringArray("set") // a flag that exists
	without, _ := cmd.Flags().GetStringArray("without")
	errs := []error{strawman.CheckGuards(without)}
	for _, name := range cmd.Flags().Args() {
		_, err := scenarios.Load(name, set...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// inlineCommand is a command in the midst of a sentence.
var inlineCommand = regexp.MustCompile("`(?:\\./)?flashsale [^`]+`")

func TestDocumentedCommandsExist(t *testing.T) {
	count := 0
	for _, file := range docFiles(t) {
		text := docText(t, file)
		if strings.HasSuffix(file, ".md") {
			inline := strings.Join(inlineCommand.FindAllString(fence.ReplaceAllString(text, ""), -1), "\n")
			all := append(blocks(t, file, "sh"), blocks(t, file, "yaml")...)
			text = strings.Join(append(all, strings.ReplaceAll(inline, "`", "")), "\n")
		}
		for _, args := range commandLines(text) {
			count++
			if err := dryRun(args); err != nil {
				t.Errorf("%s: flashsale %s: %v", file, strings.Join(args, " "), err)
			}
		}
	}
	if count < 25 {
		t.Errorf("found %d commands only: are they still recognised?", count)
	}
	for _, wrong := range []string{"simulat smoke", "simulate smok", "serve --adr x", "product", "migrate up now",
		"simulate smoke --without lock", "simulate smoke --set speed=1"} {
		if dryRun(strings.Fields(wrong)) == nil {
			t.Errorf("a dry run takes %q", wrong)
		}
	}
}

// documents decodes every document of a YAML text.
func documents(text string) (all []any, err error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document any
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, document)
	}
}

func TestDocumentedFilesParse(t *testing.T) {
	started := 0
	for _, file := range docFiles(t) {
		var texts []string
		switch filepath.Ext(file) {
		case ".md":
			texts = blocks(t, file, "yaml")
		case ".yaml", ".yml":
			texts = []string{docText(t, file)}
		case ".json":
			if !json.Valid([]byte(docText(t, file))) {
				t.Errorf("%s is not JSON", file)
			}
		}
		for _, text := range texts {
			all, err := documents(text)
			if err != nil || len(all) == 0 {
				t.Errorf("%s: %v", file, err)
			}
			for _, args := range containerCommands(all) {
				started++
				if err := dryRun(args); err != nil {
					t.Errorf("%s: flashsale %s: %v", file, strings.Join(args, " "), err)
				}
			}
		}
	}
	if started < 4 {
		t.Errorf("%d containers of ours, want two of compose.yaml and two of Kubernetes", started)
	}
}

// containerCommands finds what containers of our image are told to run, at any depth.
func containerCommands(node any) (commands [][]string) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			commands = append(commands, containerCommands(child)...)
		}
	case map[string]any:
		image, _ := node["image"].(string)
		for key, child := range node {
			words, isList := child.([]any)
			if (key == "args" || key == "command") && isList && strings.Contains(image, "flashsale") {
				var args []string
				for _, word := range words {
					args = append(args, word.(string))
				}
				commands = append(commands, args)
			}
			commands = append(commands, containerCommands(child)...)
		}
	}
	return commands
}

func TestUnitAndImageStartTheServer(t *testing.T) {
	unit := strings.ReplaceAll(docText(t, "docs/deploy/flashsale.service"), "\\\n", " ")
	line := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/flashsale (.*)$`).FindStringSubmatch(unit)
	if line == nil {
		t.Fatal("flashsale.service starts something else")
	}
	image := regexp.MustCompile(`(?m)^CMD (.*)$`).FindStringSubmatch(docText(t, "docs/deploy/Dockerfile"))
	var command []string
	if image == nil || json.Unmarshal([]byte(image[1]), &command) != nil {
		t.Fatal("the image's CMD is not a JSON list")
	}
	for _, args := range [][]string{strings.Fields(line[1]), command} {
		if err := dryRun(args); err != nil || args[0] != "serve" {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// Variables that the documentation names and that stand for no flag, because it says so.
var noFlags = []string{"FLASHSALE_REPOSITORY"}

func TestDocumentedVariablesAreFlags(t *testing.T) {
	var flags []string
	var collect func(*cobra.Command)
	collect = func(cmd *cobra.Command) {
		note := func(f *pflag.Flag) { flags = append(flags, f.Name) }
		cmd.Flags().VisitAll(note)
		cmd.PersistentFlags().VisitAll(note)
		for _, child := range cmd.Commands() {
			collect(child)
		}
	}
	collect(newRoot())
	for _, file := range docFiles(t) {
		for _, name := range regexp.MustCompile(`FLASHSALE_[A-Z_]*[A-Z]`).FindAllString(docText(t, file), -1) {
			flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "FLASHSALE_"), "_", "-"))
			if !slices.Contains(flags, flag) && !slices.Contains(noFlags, name) {
				t.Errorf("%s: %s stands for no flag", file, name)
			}
		}
	}
}
