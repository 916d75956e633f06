package cli

import (
	"strings"
	"testing"
)

// Where docsrun_test.go departs from the words of the guides. Every entry is needed: a test says so.

// instead is what is said otherwise, and why.
var instead = []struct{ text, by, why string }{
	{"127.0.0.1:3306", "{database}", "a database server of our own"},
	{"duration=10m", "duration=10s", "ten minutes are ten minutes"},
	{"--runs 50", "--runs 2", "nor have we all night"},
	{"--for 30m", "--for 3s", "nor half an hour"},
	{"simulate stampede --seed 42", "simulate stampede --seed 42 --set duration=6s --set arrivals.late_after=20s",
		"four times the same, on a machine that does other things as well"},
	{"gauntlet stampede --seed 42", "gauntlet stampede --seed 42 --set arrivals.late_after=20s",
		"this machine does other things as well"},
	{"runs/stampede/BASE runs/stampede/NEW", "runs/stampede/2* runs/stampede/2*", "names that only the reader knows"},
	{"--max-regression 10%", "--max-regression 10000%", "this machine does other things as well"},
	{"--max-regression 50%", "--max-regression 10000%", "this machine does other things as well"},
	{" /usr/local/bin/", " $ROOT/usr/local/bin/", "nothing is installed on this machine"},
	{" /etc/", " $ROOT/etc/", "nothing is installed on this machine"},
	{"systemctl daemon-reload && systemctl enable --now flashsale", serveInstead + `env ` +
		`"$(cat $ROOT/etc/flashsale/environment)" CREDENTIALS_DIRECTORY=$ROOT/etc/flashsale ` +
		`bash -c "$(sed -z 's/\\\n//g' $ROOT/etc/systemd/system/flashsale.service | sed -n 's|^ExecStart=|exec $ROOT|p')"`,
		"systemd may not run here; what the unit tells it to start does"},
}

// elsewhere is what cannot be run here. The script is where it is run, or where that is checked of it which can be, and
// the line is the one that does.
var elsewhere = []struct{ begins, why, script, line string }{
	{"make simulate", "a step of its own", ".ci/run", "make simulate"},
	{"make test", "a step of its own", ".ci/run", "make test"},
	{"make lint test", "two steps of their own", ".ci/run", "make lint"},
	{"make performance", "half an hour of both cores; every bench has a test of its own", "Makefile", "./flashsale bench document"},
	{".ci/run", "this is a part of it", ".ci/run", ".ci/docs"},
	{"docker build ", "a step of its own", ".ci/run", ".ci/server-image"},
	{"docker buildx ", "pushes to a registry; the platforms are compiled for", "Makefile", "linux/arm64"},
	{"docker compose ", "pulls from a registry; the file is loaded", ".ci/deploy", ".ci/manifests"},
	{"curl --fail localhost:8080/api/products/1", "asks what compose has started", ".ci/deploy", ".ci/manifests"},
	{"kubectl ", "needs a cluster; the manifests are decoded", ".ci/deploy", ".ci/manifests"},
	{"git clone ", "is about your repository", ".github/workflows/ci.yml", "actions/checkout"},
	{"id=$(gh run list ", "is about your repository", ".github/workflows/ci.yml", "actions/checkout"},
}

// elsewhere says why a command is not run here, or nothing.
func (c documented) elsewhere() (why string) {
	for _, e := range elsewhere {
		if strings.HasPrefix(c.text, e.begins) {
			return e.why
		}
	}
	return ""
}

// prerequisite is what a guide takes for granted before a command.
type prerequisite struct{ file, begins, do string }

func (p prerequisite) appliesTo(c documented) bool {
	return p.file == c.file && strings.HasPrefix(c.text, p.begins)
}

var given = []prerequisite{
	{"docs/operations.md", "flashsale webhook send ",
		serveInstead + "flashsale serve --webhook-secret-file new-secret.txt"},
	{"docs/watch.md", "flashsale watch ", "n=1; " + operationsSQL + "; flashsale migrate up --dsn 'shop_migrate:change-me-1@tcp({database})/shop'"},
	{"docs/deploy/README.md", "install -m ", "mkdir -p $ROOT/usr/local/bin $ROOT/etc/systemd/system"},
	{"docs/deploy/README.md", "FLASHSALE_DSN=", "n=1; " + operationsSQL},
	{"docs/deploy/README.md", "systemctl ", "n=2; " + operationsSQL},
}

// operationsSQL makes the accounts of the n-th ```sql block there.
const operationsSQL = "awk -v n=$n '/^```$/ {on=0} on; /^```sql/ {on = ++seen == n}' docs/operations.md | mariadb"

func TestNothingIsLeftOutForNothing(t *testing.T) {
	var commands []documented
	for _, file := range guides(t) {
		commands = append(commands, documentedCommands(t, file)...)
	}
	used := func(what string, uses func(documented) bool) {
		for _, c := range commands {
			if uses(c) {
				return
			}
		}
		t.Errorf("no guide has %q any more", what)
	}
	for _, i := range instead {
		used(i.text, func(c documented) bool { return c.elsewhere() == "" && strings.Contains(c.text, i.text) })
	}
	for _, e := range elsewhere {
		used(e.begins, func(c documented) bool { return strings.HasPrefix(c.text, e.begins) })
		if !strings.Contains(docText(t, e.script), e.line) {
			t.Errorf("%q is left out because of %q in %s, which is not there", e.begins, e.line, e.script)
		}
	}
	for _, g := range given {
		used(g.begins, g.appliesTo)
	}
	run := 0
	for _, c := range commands {
		if c.elsewhere() == "" {
			run++
		}
	}
	if run < 50 {
		t.Errorf("%d commands are run, of %d: are they still recognised?", run, len(commands))
	}
}
