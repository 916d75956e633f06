package wording

import (
	"os/exec"
	"testing"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

func TestRepeat(t *testing.T) {
	for want, r := range map[string]Repeat{
		"flashsale simulate smoke --seed 7": {Scenario: "smoke", Seed: 7, Server: "flashsale"},
		"flashsale simulate gauntlet --seed 18446744073709551615 --server strawman --without product-lock --without sweeper": {
			Scenario: "gauntlet", Seed: 1<<64 - 1, Server: "strawman", Without: []string{"product-lock", "sweeper"}},
		"flashsale simulate 'my sale.yaml' --seed 7 --set 'arrivals.phases[0].rate=500' --set products.stock=3": {
			Scenario: "my sale.yaml", Seed: 7, Overrides: []string{"arrivals.phases[0].rate=500", "products.stock=3"}},
		"flashsale simulate smoke --seed 7 --target http://127.0.0.1:8080 --product 3 --webhook-secret-file secrets.txt": {
			Scenario: "smoke", Seed: 7, Server: "flashsale", Targets: []string{"http://127.0.0.1:8080"}, Product: 3,
			SecretFile: "secrets.txt"},
	} {
		if got := r.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A target is no server of ours to start, so the command does not name its kind.
func TestRepeatOfARun(t *testing.T) {
	run := &evidence.Run{Scenario: "smoke", Seed: 7, Server: evidence.Server{Kind: "target"}}
	if got, want := RepeatCommand(run), "flashsale simulate smoke --seed 7"; got != want {
		t.Errorf("got %s, want %s", got, want)
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
