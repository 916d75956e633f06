package plots

import (
	"strings"
	"testing"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/compare"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
)

func someStats() measure.Stats {
	kind := func(name evidence.Kind) measure.KindStats {
		return measure.KindStats{
			Kind: name, OK: 200, P50: time.Millisecond, P90: 5 * time.Millisecond, P99: 20 * time.Millisecond,
			Spectrum: []measure.Quantile{{Share: 0, Latency: 500 * time.Microsecond},
				{Share: 0.9, Latency: 5 * time.Millisecond}},
			Moments: []measure.Moment{
				{At: 0, Answered: 100, P50: time.Millisecond, P90: 5 * time.Millisecond, P99: 20 * time.Millisecond},
				{At: 2 * time.Second, Answered: 100, P50: time.Millisecond, P90: 4 * time.Millisecond, P99: 9 * time.Millisecond},
			},
			MomentWidth: 125 * time.Millisecond,
		}
	}
	course := func(product int64) measure.Course {
		return measure.Course{Product: product, Products: 2, Total: 5, Peak: 5, PeakAt: time.Second,
			Steps: []measure.StockStep{{Units: measure.Units{Total: 5}},
				{At: time.Second, Units: measure.Units{Total: 5, Reserved: 5}},
				{At: 2 * time.Second, Units: measure.Units{Total: 5, Sold: 5}}}}
	}
	return measure.Stats{
		Kinds: []measure.KindStats{kind(evidence.CreateHold), kind(evidence.SendWebhook)},
		Flow: measure.Flow{Width: 125 * time.Millisecond, Moments: []measure.FlowMoment{
			{At: 0, Offered: 90, OK: 50, Refused: 30}, {At: 2 * time.Second, Offered: 10, OK: 20}}},
		Sale: &measure.Sale{All: course(0), Focus: []measure.Course{course(2), course(3)}},
		Deliveries: measure.Deliveries{ByRows: true, Counts: []measure.Delivered{
			{Deliveries: 1, One: 9}, {Deliveries: 2, One: 3}}},
	}
}

func someRun() *evidence.Run {
	return &evidence.Run{ElapsedNS: int64(4 * time.Second), Probes: []evidence.ClockProbe{{Database: 1_000_000}}}
}

// render draws a figure in every format and returns the file's SVG.
func render(t *testing.T, f *Figure) string {
	t.Helper()
	fonts, err := draw.LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []Format{Page, Phone} {
		if s := f.Sheet(fonts, format); s.W > wideWidth || s.H < 50 || s.H > 2000 {
			t.Errorf("%s is %v x %v", f.Name, s.W, s.H)
		}
	}
	if _, err := f.Sheet(fonts, File).PNG(1); err != nil {
		t.Errorf("%s: %v", f.Name, err)
	}
	return svgOf(t, f)
}

// svgOf draws a figure as an SVG file.
func svgOf(t *testing.T, f *Figure) string {
	t.Helper()
	fonts, err := draw.LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.Sheet(fonts, File).SVG()
	if err != nil {
		t.Fatal(err)
	}
	return string(svg)
}

func names(figures []Figure) string {
	all := make([]string, len(figures))
	for i := range figures {
		all[i] = figures[i].Name
	}
	return strings.Join(all, " ")
}

func TestEveryFigure(t *testing.T) {
	figures := Of(someRun(), &checker.Verdict{}, someStats())
	const want = "stock stock-product stock-product-2 throughput latency spectrum deliveries"
	if got := names(figures); got != want {
		t.Fatalf("figures are %s, want %s", got, want)
	}
	for i := range figures {
		f := &figures[i]
		svg := render(t, f)
		if f.Alt == "" || f.Caption == "" || !strings.Contains(svg, ">"+f.Title+"<") {
			t.Errorf("%s lacks a title, a caption or words for those who cannot see it", f.Name)
		}
		if _, marks, _ := strings.Cut(svg, "</style>"); strings.Contains(marks, "NaN") || strings.Contains(marks, "Inf") {
			t.Errorf("%s has a point nowhere", f.Name)
		}
		if strings.Contains(svg, "#d55e00") {
			t.Errorf("%s shows the colour of failure, and nothing failed", f.Name)
		}
	}
}

func TestNothingToSee(t *testing.T) {
	if figures := Of(&evidence.Run{}, &checker.Verdict{}, measure.Stats{}); len(figures) != 0 {
		t.Errorf("figures of nothing: %s", names(figures))
	}
}

func TestOversoldStockIsMarked(t *testing.T) {
	stats := someStats()
	focus := &stats.Sale.Focus[0]
	focus.Peak, focus.Over, focus.Steps[1].Reserved = 8, 3, 8
	figures := Of(someRun(), &checker.Verdict{}, stats)
	svg := render(t, &figures[1])
	if !strings.Contains(svg, "#d55e00") || !strings.Contains(svg, "promised, but not there") {
		t.Error("eight units taken of five are not marked")
	}
	if !strings.Contains(figures[1].Alt, "at most 8") || !strings.Contains(figures[1].Alt, "3 units beyond") {
		t.Errorf("alt text: %s", figures[1].Alt)
	}
}

func TestFaultsAreShadedAndNamed(t *testing.T) {
	run := someRun()
	run.Faults = []evidence.Fault{{Name: "server killed", Injected: 1e9, Healed: 1.5e9, Recovered: 2e9},
		{Name: "never healed", Injected: 3e9}}
	for _, f := range Of(run, &checker.Verdict{}, someStats()) {
		svg := render(t, &f)
		overTime := f.Name != "spectrum" && f.Name != "deliveries"
		if got := strings.Contains(svg, ">server killed<"); got != overTime {
			t.Errorf("%s names the fault: %t", f.Name, got)
		}
	}
}

func TestMissedEffectsAreMarked(t *testing.T) {
	stats := measure.Stats{Deliveries: measure.Deliveries{Counts: []measure.Delivered{
		{Deliveries: 1, One: 5}, {Deliveries: 2, More: 2}}}}
	figures := Of(someRun(), &checker.Verdict{}, stats)
	if len(figures) != 1 {
		t.Fatalf("figures are %s", names(figures))
	}
	if svg := render(t, &figures[0]); !strings.Contains(svg, "#d55e00") || !strings.Contains(svg, "2, 2 too often") {
		t.Error("two keys with two effects are not marked")
	}
}

func TestViolationTimeline(t *testing.T) {
	first := checker.Case{AtUS: 1_100_000, Expected: "1", Found: "2"}
	violations := []checker.Violation{
		{What: "A hold was used twice.", Count: 3, First: first,
			Operations: []checker.Operation{
				{ID: 8, Actor: 8, Kind: evidence.CreateOrder, HoldID: 4, Outcome: evidence.OK, Call: 100_000_000, Return: 120_000_000},
				{ID: 7, Actor: 7, Kind: evidence.CreateOrder, HoldID: 4, Outcome: evidence.Refused, Call: 90_000_000, Return: 99_000_000},
			},
			Rows: []checker.Row{
				{Product: &evidence.Product{ID: 1}},
				{Hold: &evidence.Hold{ID: 4, Status: "completed",
					CreatedAt: 1_050_000, UpdatedAt: 1_110_000, ExpiresAt: 9_000_000}},
				{Order: &evidence.Order{ID: 5, CreatedAt: 1_105_000, UpdatedAt: 1_110_000}},
				{Event: &evidence.PaymentEvent{ID: 6, Key: "evt", CreatedAt: 1_110_000}},
			}},
		{What: "Nothing shows this one.", First: first},
	}
	v := &checker.Verdict{Checks: []checker.Result{
		{Name: "hold-used-once", Verdict: checker.Fail, Violations: violations}}}
	figures := Of(someRun(), v, measure.Stats{})
	if names(figures) != "violation-hold-used-once-1" || figures[0].Check != "hold-used-once" || figures[0].Nth != 0 {
		t.Fatalf("figures are %s", names(figures))
	}
	svg := render(t, &figures[0])
	order := []string{"holds 4: ", "buyer 7 ", "buyer 8 ", "orders 5: ", "payment_events 6: "}
	last := 0
	for _, want := range order {
		at := strings.Index(svg, ">"+want)
		if at < last {
			t.Errorf("%q is not in the timeline, or not in order of time", want)
		}
		last = at
	}
	if !strings.Contains(svg, "stroke=\"#d55e00\"") {
		t.Error("the violation's instant is not marked")
	}
}

// Where there is a commit log its commits take the place of the rows' own times, and cross every lane.
func TestCommitsOnATimeline(t *testing.T) {
	image := func(at int64) evidence.Image { return evidence.Image{ID: 5, HoldID: 4, CreatedAt: at, UpdatedAt: at} }
	v := &checker.Verdict{Checks: []checker.Result{{Name: "hold-used-once", Verdict: checker.Fail,
		Violations: []checker.Violation{{
			Operations: []checker.Operation{
				{ID: 8, Actor: 8, Kind: evidence.CreateOrder, Call: 90_000_000, Return: 120_000_000}},
			Commits: []checker.Commit{
				{Position: 12, Changes: []evidence.Change{{Table: evidence.TableOrders, After: image(1_105_000)}}},
				{Position: 11, Changes: []evidence.Change{{Table: evidence.TableOrders, After: image(1_110_000)}}},
			},
			Rows: []checker.Row{{Order: &evidence.Order{ID: 5, CreatedAt: 1_105_000}}},
		}}}}}
	figures := Of(someRun(), v, measure.Stats{})
	if len(figures) != 1 {
		t.Fatalf("figures are %s", names(figures))
	}
	svg := svgOf(t, &figures[0])
	last := 0
	for _, want := range []string{">buyer 8 ", ">commit 11: orders +5", ">commit 12: orders +5"} {
		at := strings.Index(svg, want)
		if at <= last {
			t.Errorf("%q is not on the timeline, or not in order", want)
		}
		last = at
	}
	if strings.Contains(svg, ">orders 5: ") {
		t.Error("a row has a lane, though its commit has one")
	}
	if n := strings.Count(svg, `stroke="#009e73"`); n != 2 {
		t.Errorf("%d commits cross the lanes, want 2", n)
	}
}

// A race of milliseconds is not drawn among seconds; what lies out of sight says when it was.
func TestTimelineShowsTheMoment(t *testing.T) {
	at := func(ms ...int64) (ops []checker.Operation) {
		for i, call := range ms {
			ops = append(ops, checker.Operation{ID: int64(i + 1), Call: call * 1e6, Return: call*1e6 + 2e6})
		}
		return ops
	}
	for name, test := range map[string]struct {
		ops  []checker.Operation
		want []string
	}{
		"far ones": {at(5, 2000, 2001, 2003, 3500), []string{">earlier, at 0.005 s<", ">later, at 3.500 s<"}},
		"none far": {at(1990, 2000, 2001, 2003, 2010), nil},
	} {
		v := &checker.Verdict{Checks: []checker.Result{{Verdict: checker.Fail, Violations: []checker.Violation{{
			First: checker.Case{AtNS: 2_002_000_000}, Operations: test.ops}}}}}
		figures := Of(someRun(), v, measure.Stats{})
		svg := svgOf(t, &figures[0])
		for _, want := range test.want {
			if !strings.Contains(svg, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		if n := strings.Count(svg, ">earlier, at") + strings.Count(svg, ">later, at"); n != len(test.want) {
			t.Errorf("%s: %d lanes out of sight, want %d", name, n, len(test.want))
		}
	}
}

// A timeline shades the faults of its own moment, and does not speak of others.
func TestFaultsOfTheMoment(t *testing.T) {
	run := someRun()
	run.Faults = []evidence.Fault{{Name: "server killed", Injected: 1e9, Healed: 1.8e9, Recovered: 2e9}}
	for call, shaded := range map[int64]bool{1.5e9: true, 3e9: false} {
		v := &checker.Verdict{Checks: []checker.Result{{Verdict: checker.Fail, Violations: []checker.Violation{{
			Operations: []checker.Operation{{ID: 1, Call: call, Return: call + 1e6}}}}}}}
		figures := Of(run, v, measure.Stats{})
		svg := svgOf(t, &figures[0])
		for _, word := range []string{">server killed<", ">fault<"} {
			if strings.Contains(svg, word) != shaded {
				t.Errorf("at %d ns %q is said: %t, want %t", call, word, !shaded, shaded)
			}
		}
	}
}

func TestTimelinesAreBounded(t *testing.T) {
	v := new(checker.Verdict)
	for range 20 {
		broken := checker.Violation{Operations: []checker.Operation{{ID: 1}}}
		v.Checks = append(v.Checks, checker.Result{Violations: []checker.Violation{broken, broken, broken}})
	}
	if n := len(Of(someRun(), v, measure.Stats{})); n != timelinesMax {
		t.Errorf("%d timelines, want %d", n, timelinesMax)
	}
}

func TestCompare(t *testing.T) {
	side := func(dir string) compare.Side {
		return compare.Side{Dir: dir, Run: someRun(), Verdict: &checker.Verdict{}, Stats: someStats()}
	}
	empty := compare.Side{Dir: "runs/empty", Run: someRun(), Verdict: &checker.Verdict{}}
	c := compare.Of([]compare.Side{side("runs/one"), side("runs/two"), empty}, 0.1)
	figures := Compare(c)
	if got := names(figures); got != "spectra latencies throughputs sold" {
		t.Fatalf("figures are %s", got)
	}
	for i := range figures {
		svg := render(t, &figures[i])
		for _, want := range []string{"A  runs/one", "B  runs/two", "#0072b2", "#e69f00"} {
			if !strings.Contains(svg, want) {
				t.Errorf("%s lacks %s", figures[i].Name, want)
			}
		}
	}
}

func TestTimeAxis(t *testing.T) {
	for span, want := range map[time.Duration]string{
		12 * time.Second: "12 s", 10 * time.Minute: "10 min", 6 * time.Hour: "6 h",
	} {
		a := times{span: span}.axis(wideWidth)
		if last := a.ticks[len(a.ticks)-1].Label; last != want {
			t.Errorf("%s ends with the tick %s, want %s", span, last, want)
		}
	}
}
