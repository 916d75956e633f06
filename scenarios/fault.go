package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault places harm in a run: once, or with Every again and again. What each kind does, package
// simulator/fault tells; only the fields that mean something to its kinds are set.
type Fault struct {
	Kind    Kinds         `yaml:"kind"`
	Phase   int           `yaml:"phase,omitempty"` // At counts from the start of this phase, the first being 1; 0: from the run's
	At      Span          `yaml:"at"`
	Every   *Span         `yaml:"every,omitempty"` // from one to the next; nil: there is only one
	For     *Span         `yaml:"for,omitempty"`   // from injected to healed; nil: it takes as long as it takes
	Server  *int          `yaml:"server,omitempty"`
	Latency time.Duration `yaml:"latency,omitempty"`
	Jitter  time.Duration `yaml:"jitter,omitempty"`
	Share   Share         `yaml:"share,omitempty"`
	By      time.Duration `yaml:"by,omitempty"`
}

// Kinds are one or several kinds of faults, of which one is drawn each time.
type Kinds []string

// MarshalYAML writes a single kind without brackets.
func (k Kinds) MarshalYAML() (any, error) {
	if len(k) == 1 {
		return k[0], nil
	}
	return []string(k), nil
}

// FaultKinds lists the kinds of faults.
func FaultKinds() []string {
	return []string{
		"server-kill", "server-pause", "rolling-restart", "server-clock", "sweep-kill",
		"database-kill", "database-pause", "database-connections", "disk-full",
		"database-latency", "database-partition", "commit-lost", "commit-unanswered",
		"client-latency", "client-partition", "request-lost", "answer-lost",
	}
}

// What a fault is like where the scenario does not say.
const (
	faultForDefault     = time.Second
	faultLatencyDefault = 100 * time.Millisecond
	faultShareDefault   = Share(0.2)
	faultByDefault      = 3 * time.Hour
)

// Bounds of faults. A round trip may take four seconds on the slowest road: longer than anybody waits.
const (
	faultForMax     = 10 * time.Minute
	faultLatencyMax = 2 * time.Second
	faultByMax      = 48 * time.Hour
)

func (d *decoder) kinds(path string, n *node, to *Kinds) {
	if n.kind != sequenceNode {
		*to = make(Kinds, 1)
		scalar(d, path, n, &(*to)[0], parseFaultKind, textNode)
		return
	}
	if len(n.items) == 0 {
		d.fail(path, n, "must not be empty")
	}
	*to = make(Kinds, len(n.items))
	for i, item := range n.items {
		scalar(d, fmt.Sprintf("%s[%d]", path, i), item, &(*to)[i], parseFaultKind, textNode)
	}
}

func parseFaultKind(text string) (string, error) {
	if !slices.Contains(FaultKinds(), text) {
		return "", fmt.Errorf("unknown fault %q; %s", text, didYouMean(text, FaultKinds()))
	}
	return text, nil
}

// some tells whether one of the kinds is such that its name ends so.
func (k Kinds) some(endings ...string) bool {
	return slices.ContainsFunc(k, func(kind string) bool {
		return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(kind, ending) })
	})
}

// fault fills in what was left out and holds the rest against the bounds.
func (v *validator) fault(path string, f *Fault) {
	written := func(key string) bool { _, ok := v.where[path+"."+key]; return ok }
	for key, means := range map[string]bool{
		"latency": f.Kind.some("-latency"), "jitter": f.Kind.some("-latency"), "share": f.Kind.some("-lost", "-unanswered"),
		"by": f.Kind.some("-clock"), "server": f.Kind.some("server-kill", "server-pause", "-clock", "sweep-kill", "-latency",
			"-partition", "-lost", "-unanswered"),
		"for": !slices.Equal(f.Kind, Kinds{"rolling-restart"}),
	} {
		v.check(!written(key) || means, path+"."+key, "has no meaning for %s", strings.Join(f.Kind, ", "))
		if means && !written(key) {
			f.fallBack(key)
		}
	}
	v.check(written("kind"), path+".kind", "must say what happens; flashsale faults lists what can")
	v.check(f.Phase >= 0 && f.Phase <= len(v.sc.Arrivals.Phases), path+".phase", "must be from 1 to the number of phases")
	v.check(f.Every == nil || f.Every.Min > 0, path+".every", "must be positive, and not exponential")
	v.check(f.For == nil || f.For.Max <= faultForMax, path+".for", "must be at most %s", faultForMax)
	v.check(f.Latency+f.Jitter <= faultLatencyMax, path+".latency", "must be at most %s, jitter included", faultLatencyMax)
	v.check(f.By <= faultByMax, path+".by", "must be at most %s", faultByMax)
	v.check(f.Server == nil || *f.Server >= 0 && *f.Server < v.sc.Server.Replicas, path+".server",
		"must be the number of a replica, from 0")
}

func (f *Fault) fallBack(key string) {
	switch key {
	case "for":
		f.For = &Span{Min: faultForDefault, Max: faultForDefault}
	case "latency":
		f.Latency = faultLatencyDefault
	case "share":
		f.Share = faultShareDefault
	case "by":
		f.By = faultByDefault
	}
}
