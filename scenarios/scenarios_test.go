package scenarios

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const minimal = `name: tiny
why: the least that runs
products:
  stock: 5
arrivals:
  phases:
    - {kind: constant, rate: 10, duration: 1s}
`

func TestBuiltInScenariosLoadAndSurviveTheirOwnYAML(t *testing.T) {
	all, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range all {
		t.Run(sc.Name, func(t *testing.T) {
			text, err := sc.YAML()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("again.yaml", text)
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			want, got := *sc, *again
			want.positions, got.positions = nil, nil
			if !reflect.DeepEqual(want, got) {
				t.Errorf("parsed again, the scenario is\n%+v\nnot\n%+v", got, want)
			}
		})
	}
}

func TestEveryEmbeddedFileIsListedUnderItsName(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(Names()) {
		t.Errorf("%d files for %d names", len(entries), len(Names()))
	}
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if sc.Name != name {
			t.Errorf("%s.yaml is called %q", name, sc.Name)
		}
		if fixed := sc.Seed != nil; fixed != slices.Contains([]string{"smoke", "gauntlet"}, name) {
			t.Errorf("%s: seed fixed: %v", name, fixed)
		}
	}
}

func TestDefaults(t *testing.T) {
	sc, err := Parse("tiny.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Name, want.Why, want.Products.Stock = "tiny", "the least that runs", Always(5)
	want.Arrivals.Phases = []Phase{{Kind: Constant, Rate: 10, Duration: time.Second, Products: BySkew}}
	want.Payments.Mix = Mix{Success: 1}
	want.positions, sc.positions = nil, nil
	if !reflect.DeepEqual(*sc, want) {
		t.Errorf("got %+v\nwant %+v", *sc, want)
	}
}

func TestErrorsHavePositions(t *testing.T) {
	for _, test := range []struct{ name, yaml, want string }{
		{"unknown top key", minimal + "buyer: {}\n", `8:1: unknown key "buyer"; did you mean "buyers"?`},
		{"unknown nested key", minimal + "server:\n  hold_tll: 1s\n",
			`9:3: unknown key "server.hold_tll"; did you mean "hold_ttl"?`},
		{"unknown key far from all", minimal + "quiesce:\n  zzzzzzzzzz: 1s\n",
			`9:3: unknown key "quiesce.zzzzzzzzzz"; known are deadline, sample`},
		{"unknown key in a flow phase", strings.Replace(minimal, "rate:", "rat:", 1),
			`7:24: unknown key "arrivals.phases[0].rat"; did you mean "rate"?`},
		{"wrong type", strings.Replace(minimal, "rate: 10", "rate: fast", 1),
			`7:30: arrivals.phases[0].rate: must be a number, not text`},
		{"number as text", minimal + "seed: \"12\"\n", `8:7: seed: must be a number, not text`},
		{"negative seed", minimal + "seed: -1\n", `8:7: seed: "-1" is not a seed: a whole number from 0 to 2^64-1`},
		{"mapping for list", strings.Replace(minimal, "- {kind", "  {kind", 1),
			`7:7: arrivals.phases: must be a list, not a mapping`},
		{"nothing", strings.Replace(minimal, "stock: 5", "stock:", 1),
			`4:9: products.stock: must be a number, not nothing`},
		{"negative rate", strings.Replace(minimal, "rate: 10", "rate: -5", 1),
			`7:30: arrivals.phases[0].rate: must be from 0 to 1000000 buyers per second`},
		{"zero stock", strings.Replace(minimal, "stock: 5", "stock: 0", 1),
			`4:10: products.stock: must be from 1 to 1000000000`},
		{"zero in a list of stocks", strings.Replace(minimal, "stock: 5", "stock: [5, 0]", 1),
			`4:10: products.stock: must be from 1 to 1000000000`},
		{"missing stock", strings.Replace(minimal, "stock: 5", "count: 2", 1),
			`4:3: products.stock: must be from 1 to 1000000000`},
		{"bad duration", strings.Replace(minimal, "duration: 1s", "duration: 1 second", 1),
			`7:44: arrivals.phases[0].duration: "1 second" is not a duration; write 150ms, 2s or 1m`},
		{"duration without unit", minimal + "server: {hold_ttl: 5}\n",
			`8:20: server.hold_ttl: "5" is not a duration; write 150ms, 2s or 1m`},
		{"negative duration", minimal + "server: {hold_ttl: -5s}\n",
			`8:20: server.hold_ttl: a duration must not be negative, and -5s is`},
		{"span backwards", minimal + "buyers: {think: 2s..1s}\n",
			`8:17: buyers.think: the span 2s..1s ends before it begins`},
		{"share over one", minimal + "buyers: {browse: 1.5}\n",
			`8:18: buyers.browse: a share must be from 0 to 1, and 1.5 is not`},
		{"weight below zero", minimal + "payments: {mix: {late: -1, success: 2}}\n",
			`8:24: payments.mix.late: a weight must not be negative`},
		{"no weight at all", minimal + "payments: {mix: {late: 0}}\n",
			`8:17: payments.mix: must have a positive weight`},
		{"bad threshold", minimal + "thresholds:\n  - hold.p99 < fast\n",
			`9:5: thresholds[0]: "fast" is not a duration; write 150ms, 2s or 1m`},
		{"threshold of nothing known", minimal + "thresholds: [hodl.p99 < 5ms]\n",
			`8:14: thresholds[0]: unknown metric "hodl"; did you mean "hold"?`},
		{"threshold of faults", minimal + "thresholds: [fault.p99 < 5ms]\n",
			`8:14: thresholds[0]: unknown statistic "p99" of fault; known are recovery, count`},
		{"threshold of one kind", minimal + "thresholds: [hold.unresolved == 0]\n",
			`8:14: thresholds[0]: unknown statistic "unresolved" of hold; known are p50, p90, p99, p99.9, max, mean, rate, errors, count`},
		{"recovery without a unit", minimal + "thresholds: [fault.recovery <= 2]\n",
			`8:14: thresholds[0]: "2" is not a duration; write 150ms, 2s or 1m`},
		{"threshold without spaces", minimal + "thresholds: [hold.p99<5ms]\n",
			`8:14: thresholds[0]: "hold.p99<5ms" is not a threshold; write "hold.p99 < 50ms", with spaces`},
		{"fault without a kind", minimal + "faults:\n  - {at: 1s}\n", `9:5: faults[0].kind: must say what happens; flashsale faults lists what can`},
		{"unknown fault", minimal + "faults:\n  - kind: server-kil\n",
			`9:11: faults[0].kind: unknown fault "server-kil"; did you mean "server-kill"?`},
		{"one unknown fault of several", minimal + "faults:\n  - kind: [server-kill, comit-lost]\n",
			`9:25: faults[0].kind[1]: unknown fault "comit-lost"; did you mean "commit-lost"?`},
		{"a fault's key that means nothing", minimal + "faults:\n  - {kind: server-kill, latency: 5ms}\n",
			`9:34: faults[0].latency: has no meaning for server-kill`},
		{"fault in a phase that is not", minimal + "faults:\n  - {kind: server-kill, phase: 2}\n",
			`9:32: faults[0].phase: must be from 1 to the number of phases`},
		{"fault of a replica that is not", minimal + "faults:\n  - {kind: server-kill, server: 1}\n",
			`9:33: faults[0].server: must be the number of a replica, from 0`},
		{"fault for ever and ever", minimal + "faults:\n  - {kind: server-kill, every: 0s}\n",
			`9:32: faults[0].every: must be positive, and not exponential`},
		{"unknown kind", strings.Replace(minimal, "constant", "constnat", 1),
			`7:14: arrivals.phases[0].kind: unknown kind "constnat"; did you mean "constant"?`},
		{"key of another kind", strings.Replace(minimal, "rate: 10", "rate: 10, size: 3", 1),
			`7:40: arrivals.phases[0].size: has no meaning in a constant phase`},
		{"duplicate key", minimal + "name: again\n", `8:1: mapping key "name" already defined at [1:1]`},
		{"not YAML", "name: [tiny\nwhy: x\n", `2:1: ',' or ']' must be specified`},
		{"an anchor", minimal + "seed: &a 1\n", `8:7: anchors, aliases and tags have no place in a scenario`},
		{"bad name", strings.Replace(minimal, "name: tiny", "name: ../x", 1),
			`1:7: name: must be lower-case letters, digits and dashes`},
		{"more than one hold can take", minimal + "buyers: {qty: 1..2000}\n", `8:15: buyers.qty: must be from 1 to 1000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("dir/x.yaml", []byte(test.yaml))
			if err == nil {
				t.Fatal("no error")
			}
			if got, want := err.Error(), "dir/x.yaml:"+test.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte(minimal+"seed: x\nbuyer: 1\n"))
	var all Errors
	if !errors.As(err, &all) || len(all) != 2 {
		t.Fatalf("got %v, want two errors", err)
	}
	if all[0].Line != 8 || all[1].Line != 9 || all[0].Key != "seed" || all[1].Key != "buyer" {
		t.Errorf("got %v", err)
	}
}

func TestOverrides(t *testing.T) {
	sc, err := Parse("x.yaml", []byte(minimal), "arrivals.phases[0].rate=25", "server.hold_ttl=3s", "seed=9",
		"products.names=[A, B]", "payments.mix={late: 1}")
	if err != nil {
		t.Fatal(err)
	}
	if sc.Arrivals.Phases[0].Rate != 25 || sc.Server.HoldTTL != 3*time.Second || *sc.Seed != 9 ||
		!slices.Equal(sc.Products.Names, []string{"A", "B"}) || sc.Payments.Mix != (Mix{Late: 1}) {
		t.Errorf("overrides had no effect: %+v", sc)
	}
}

func TestBadOverridesAreNamed(t *testing.T) {
	for set, want := range map[string]string{
		"arrivals.phases[0].rate=-5": `arrivals.phases[0].rate: must be from 0 to 1000000 buyers per second`,
		"servr.hold_ttl=3s":          `unknown key "servr"; did you mean "server"?`,
		"server.hold_tl=3s":          `unknown key "server.hold_tl"; did you mean "hold_ttl"?`,
		"server.hold_ttl=soon":       `server.hold_ttl: "soon" is not a duration; write 150ms, 2s or 1m`,
		"arrivals.phases[3].rate=5":  `arrivals.phases.[3] is not there: the list has 1 entries`,
		"name.first=x":               `name.first is not there: above it is text`,
		"seed":                       `must be key.path=value`,
		"seed=[1":                    `"[1" is not a YAML value`,
		"a..b=1":                     `has an empty key in its path`,
		"duration=soon":              `"soon" is not a duration; write 150ms, 2s or 1m`,
		"duration=0s":                `must be positive`,
	} {
		_, err := Parse("x.yaml", []byte(minimal), set)
		if err == nil || err.Error() != "--set "+set+": "+want {
			t.Errorf("%s: got %v", set, err)
		}
	}
}

func TestUnknownScenarioSuggestsTheNearest(t *testing.T) {
	_, err := Load("stampde")
	if err == nil || !strings.Contains(err.Error(), `did you mean "stampede"?`) {
		t.Errorf("got %v", err)
	}
	if _, err := Load("no/such.yaml"); err == nil {
		t.Error("a file that does not exist was loaded")
	}
}

func TestPositionFindsKeys(t *testing.T) {
	sc, err := Parse("x.yaml", []byte(minimal+"expect:\n  exercise: {price-exact: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := sc.Position("expect.exercise.price-exact"); got != "x.yaml:9:27" {
		t.Errorf("got %q", got)
	}
	if got := sc.Position("expect.broken"); got != "" {
		t.Errorf("got %q for a key that was not written", got)
	}
}

func TestThresholdUnits(t *testing.T) {
	for text, want := range map[string]Threshold{
		"hold.p99 < 50ms":     {Metric: "hold", Stat: "p99", Op: "<", Value: 50},
		"webhook.p99.9 <= 2s": {Metric: "webhook", Stat: "p99.9", Op: "<=", Value: 2000},
		"run.errors <= 1%":    {Metric: "run", Stat: "errors", Op: "<=", Value: 0.01},
		"run.rate > 1000":     {Metric: "run", Stat: "rate", Op: ">", Value: 1000},
		"order.count == 12":   {Metric: "order", Stat: "count", Op: "==", Value: 12},
	} {
		got, err := parseThreshold(text)
		want.Text = text
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("a: [1\nb"))
	f.Add([]byte("? x\n: - y"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if sc, err := Parse("f.yaml", data); err == nil && len(sc.Arrivals.Phases) == 0 {
			t.Error("a scenario without phases was accepted")
		}
	})
}
