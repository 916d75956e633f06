package wording

import (
	"regexp"
	"strconv"
	"strings"

	"flashsale/internal/evidence"
)

// Repeat is what a command line says that plans a run again.
type Repeat struct {
	Scenario   string // a name, or a path
	Seed       uint64
	Server     string // flashsale if empty
	Without    []string
	Targets    []string // servers that were running already, with
	Product    int64    // what was bought there; 0: unknown
	SecretFile string   // and the file with their webhook secret
	Overrides  []string // KEY=VALUE
}

// String writes the command line, for any POSIX shell.
func (r Repeat) String() string {
	all := []string{"flashsale", "simulate", r.Scenario, "--seed", strconv.FormatUint(r.Seed, 10)}
	flag := func(name string, values ...string) {
		for _, value := range values {
			if value != "" {
				all = append(all, name, value)
			}
		}
	}
	if r.Server != "flashsale" && len(r.Targets) == 0 {
		flag("--server", r.Server)
	}
	flag("--without", r.Without...)
	flag("--target", r.Targets...)
	if r.Product != 0 {
		flag("--product", strconv.FormatInt(r.Product, 10))
	}
	flag("--webhook-secret-file", r.SecretFile)
	flag("--set", r.Overrides...)
	for i := range all {
		all[i] = shellWord(all[i])
	}
	return strings.Join(all, " ")
}

// plainWord is what every shell takes as it stands.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord quotes what a shell would not take as one word.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// RepeatCommand is the command line that plans the same run again, as far as run.json tells.
func RepeatCommand(run *evidence.Run) string { return RepeatFrom(run, run.Scenario) }

// RepeatFrom is the same with a scenario of another name, or the path of one.
func RepeatFrom(run *evidence.Run, scenario string) string {
	r := Repeat{Scenario: scenario, Seed: run.Seed, Without: run.Server.Without}
	if run.Server.Kind == "strawman" {
		r.Server = run.Server.Kind
	}
	return r.String()
}
