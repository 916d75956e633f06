package wording

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flashsale/internal/evidence"
)

// RepeatCommand is the command line that plans a run again, on the same kind of system, for any POSIX shell. The DSN of
// a run is kept nowhere: FLASHSALE_DSN has to hold it, and the shell says so if it does not.
func RepeatCommand(run *evidence.Run) string {
	said := &run.Invocation
	all := []string{"flashsale", "simulate", cmp.Or(said.Scenario, run.Scenario), "--seed", strconv.FormatUint(run.Seed, 10)}
	flag := func(name string, values ...string) {
		for _, value := range values {
			if value != "" {
				all = append(all, name, value)
			}
		}
	}
	if run.Server.Kind == "strawman" {
		flag("--server", run.Server.Kind)
	}
	flag("--without", run.Server.Without...)
	flag("--image", said.Image)
	flag("--target", said.Targets...)
	if said.Product != 0 {
		flag("--product", strconv.FormatInt(said.Product, 10))
	}
	flag("--webhook-secret-file", said.SecretFile)
	flag("--set", said.Overrides...)
	words := make([]string, len(all))
	for i, word := range all {
		words[i] = shellWord(word)
	}
	if run.Database.Source == "dsn" {
		words = slices.Insert(words, 0, `FLASHSALE_DSN="${FLASHSALE_DSN:?}"`)
	}
	return strings.Join(words, " ")
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
