package scenarios

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed *.yaml
var files embed.FS

// List loads every built-in scenario, in the order in which a newcomer would want them.
func List() ([]*Scenario, error) {
	var all []*Scenario
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			return nil, err
		}
		all = append(all, sc)
	}
	return all, nil
}

// Names lists the built-in scenarios.
func Names() []string {
	return []string{"stampede", "smoke", "gauntlet", "webhook-storm", "expiry-churn", "late-payment", "replicas",
		"many-products", "crash-server", "crash-database", "lost-acks", "partition", "zombie", "rolling-restart",
		"overload", "disk-full", "chaos", "soak"}
}

// Load reads a built-in scenario by its name, or a file by its path (anything with a slash, a
// backslash or a YAML extension), and applies overrides of the form "key.path=value" in order.
func Load(nameOrPath string, set ...string) (*Scenario, error) {
	if slices.Contains(Names(), nameOrPath) {
		file := nameOrPath + ".yaml"
		data, err := files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("built-in scenario %s: %w", nameOrPath, err)
		}
		return Parse("scenarios/"+file, data, set...)
	}
	if !strings.ContainsAny(nameOrPath, `/\`) && !strings.HasSuffix(nameOrPath, ".yaml") &&
		!strings.HasSuffix(nameOrPath, ".yml") {
		return nil, fmt.Errorf("unknown scenario %q; %s (a path of your own ends in .yaml)", nameOrPath,
			didYouMean(nameOrPath, Names()))
	}
	data, err := os.ReadFile(nameOrPath)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	return Parse(nameOrPath, data, set...)
}

// Parse decodes a scenario strictly; file is what its errors call it. The error is an Errors: all
// that is wrong, each with its position or the override that brought it in.
func Parse(file string, data []byte, set ...string) (*Scenario, error) {
	root, syntax := parseTree(data)
	if syntax != nil {
		syntax.File = file
		return nil, Errors{syntax}
	}
	rest, storm, wrong := cutDuration(set)
	if wrong != nil {
		return nil, Errors{wrong}
	}
	for _, s := range rest {
		if err := override(root, s); err != nil {
			return nil, Errors{err}
		}
	}
	d := &decoder{file: file, where: make(map[string]node)}
	sc := defaults()
	d.decode("", root, reflect.ValueOf(&sc).Elem())
	if len(d.errors) == 0 {
		(&validator{decoder: d, sc: &sc}).scenario()
	}
	if len(d.errors) > 0 {
		blame(d.errors, set)
		return nil, d.errors
	}
	if storm > 0 {
		sc.stretch(storm)
	}
	sc.positions = make(map[string]string, len(d.where))
	for path, at := range d.where {
		if at.line > 0 {
			sc.positions[path] = fmt.Sprintf("%s:%d:%d", file, at.line, at.col)
		}
	}
	return &sc, nil
}

// YAML writes the scenario with every default spelled out: the scenario as it is run. Parsing it
// gives an equal scenario.
func (s *Scenario) YAML() ([]byte, error) {
	var out bytes.Buffer
	if err := yaml.NewEncoder(&out, yaml.Indent(2), yaml.IndentSequence(true)).Encode(s); err != nil {
		return nil, fmt.Errorf("write scenario %s: %w", s.Name, err)
	}
	return out.Bytes(), nil
}
