package wording

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

func TestRepeatCommand(t *testing.T) {
	for want, run := range map[string]evidence.Run{
		"flashsale simulate smoke --seed 7": {Scenario: "smoke", Seed: 7, Server: evidence.Server{Kind: "flashsale"}},
		"flashsale simulate gauntlet --seed 18446744073709551615 --server strawman --without product-lock --without sweeper": {
			Seed: 1<<64 - 1, Server: evidence.Server{Kind: "strawman", Without: []string{"product-lock", "sweeper"}},
			Invocation: evidence.Invocation{Scenario: "gauntlet"}},
		"flashsale simulate 'my sale.yaml' --seed 7 --image mysql:8.4 --set 'arrivals.phases[0].rate=500' --set products.stock=3": {
			Scenario: "sale", Seed: 7, Database: evidence.Database{Source: "container"}, Invocation: evidence.Invocation{
				Scenario: "my sale.yaml", Image: "mysql:8.4", Overrides: []string{"arrivals.phases[0].rate=500", "products.stock=3"}}},
		"flashsale simulate smoke --seed 7 --target http://127.0.0.1:8080 --target http://127.0.0.1:8081 --product 3 --webhook-secret-file secrets.txt": {
			Seed: 7, Server: evidence.Server{Kind: "target"}, Invocation: evidence.Invocation{Scenario: "smoke",
				Targets: []string{"http://127.0.0.1:8080", "http://127.0.0.1:8081"}, Product: 3, SecretFile: "secrets.txt"}},
		`FLASHSALE_DSN="${FLASHSALE_DSN:?}" flashsale simulate smoke --seed 7`: {
			Seed: 7, Database: evidence.Database{Source: "dsn"}, Invocation: evidence.Invocation{Scenario: "smoke"}},
	} {
		if got := RepeatCommand(&run); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A DSN that is not there ends the command before it begins, instead of storming another database.
func TestRepeatNeedsTheDSN(t *testing.T) {
	run := &evidence.Run{Scenario: "smoke", Database: evidence.Database{Source: "dsn"}}
	for dsn, want := range map[string]string{"shop@tcp(db)/": "shop@tcp(db)/ simulate smoke --seed 0", "": ""} {
		sh := exec.Command("sh", "-c", `flashsale() { echo "$FLASHSALE_DSN" "$@"; }; `+RepeatCommand(run))
		sh.Env = []string{"FLASHSALE_DSN=" + dsn}
		out, err := sh.Output()
		if got := strings.TrimSpace(string(out)); got != want || (err == nil) != (want != "") {
			t.Errorf("with %q: %q, %v", dsn, got, err)
		}
	}
}

// Whatever a word holds, a shell reads it as that one word.
func TestShellWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOf(rapid.RuneFrom([]rune(`ab 'é"$\*[]{}~#;&|<>()=!`+"`\n"))).Draw(t, "word")
		out, err := exec.Command("sh", "-c", "printf '<%s>' "+shellWord(word)).Output()
		if err != nil || string(out) != "<"+word+">" {
			t.Fatalf("%q is read as %q (%v)", word, out, err)
		}
	})
}
