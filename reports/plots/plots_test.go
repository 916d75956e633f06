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
			Steps: []measure.StockStep{{At: time.Second, Reserved: 5}, {At: 2 * time.Second, Sold: 5}}}
	}
	focus := course(2)
	return measure.Stats{
		Kinds: []measure.KindStats{kind(evidence.CreateHold), kind(evidence.SendWebhook)},
		Flow: measure.Flow{Width: 125 * time.Millisecond, Moments: []measure.FlowMoment{
			{At: 0, Offered: 90, OK: 50, Refused: 30}, {At: 2 * time.Second, Offered: 10, OK: 20}}},
		Sale: &measure.Sale{All: course(0), Focus: &focus},
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
	s := f.Sheet(fonts, File)
	if _, err := s.PNG(1); err != nil {
		t.Errorf("%s: %v", f.Name, err)
	}
	svg, err := s.SVG()
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
	const want = "stock stock-product throughput latency spectrum deliveries"
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
	stats.Sale.Focus.Peak, stats.Sale.Focus.Steps[0].Reserved = 8, 8
	figures := Of(someRun(), &checker.Verdict{}, stats)
	svg := render(t, &figures[1])
	if !strings.Contains(svg, "#d55e00") || !strings.Contains(svg, "promised, but not there") {
		t.Error("eight units taken of five are not marked")
	}
	if !strings.Contains(figures[1].Alt, "at most 8") {
		t.Errorf("alt text: %s", figures[1].Alt)
	}
}

func TestFaultsAreShadedAndNamed(t *testing.T) {
	run := someRun()
	run.Faults = []evidence.Fault{{Name: "server killed", Injected: int64(time.Second), Healed: int64(2 * time.Second)},
		{Name: "never healed", Injected: int64(3 * time.Second)}}
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
				{ID: 8, Kind: evidence.CreateOrder, HoldID: 4, Outcome: evidence.OK, Call: 100_000_000, Return: 120_000_000},
				{ID: 7, Kind: evidence.CreateOrder, HoldID: 4, Outcome: evidence.Refused, Call: 90_000_000, Return: 99_000_000},
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
	order := []string{"row: hold 4", "#7 ", "#8 ", "row: order 5", "row: payment event 6"}
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
