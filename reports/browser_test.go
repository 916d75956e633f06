package reports

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"flashsale/reports/compare"
	"flashsale/reports/wording"
)

// browserWait bounds everything that is done in the browser, its start included.
const browserWait = 90 * time.Second

// browser starts a headless Chromium. Whoever has none says so: a test that skips itself finds nothing.
func browser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("FLASHSALE_NO_BROWSER") == "1" {
		t.Skip("FLASHSALE_NO_BROWSER=1: the pages are not looked at in a browser")
	}
	program := slices.IndexFunc(browsers(), func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if program < 0 {
		t.Fatalf("none of %v is on PATH: .ci/setup chromium installs one, FLASHSALE_NO_BROWSER=1 goes without", browsers())
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(browsers()[program]), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(context.Background(), browserWait) // the test's own ends before its cleanups
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { // ends the browser in good order, and waits until it is gone
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("end the browser: %v", err)
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

func browsers() []string { return []string{"chromium", "chromium-browser", "google-chrome"} }

// complaints collects what a page must not do: write to the console, or ask for anything but itself.
type complaints struct {
	sync.Mutex
	list []string
}

func (c *complaints) add(text string) {
	c.Lock()
	defer c.Unlock()
	c.list = append(c.list, text)
}

// listen watches a page's console and its requests.
func (c *complaints) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			c.add("console: " + string(e.Type))
		case *runtime.EventExceptionThrown:
			c.add("exception: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			c.add("log: " + e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if at, err := url.Parse(e.Request.URL); err != nil || at.Scheme != "file" && at.Scheme != "data" {
				c.add("request: " + e.Request.URL)
			}
		}
	})
}

// seen is what a script finds on a page.
type seen struct {
	Title, Heading       string
	Checks, Plots, Drawn []string
	Headings             []string
	Story                []string // the classes of what led to the first violation
	Commands             []string
	Unlabelled           int
	Scrolls              int // how far the page can be scrolled sideways, in pixels
	Paper                string
}

const look = `(() => {
	const all = (what, of) => [...document.querySelectorAll(what)].map(of);
	const visible = e => e.getBoundingClientRect().width > 100;
	return {
		Title: document.title,
		Heading: document.querySelector('h1').innerText,
		Headings: all('h2', e => e.innerText),
		Checks: all('.promises li[id]', e => e.id.replace('check-', '') + ' ' + e.className),
		Plots: all('figure', e => e.id),
		Drawn: all('figure', e => [...e.querySelectorAll('svg')].filter(visible).length + ''),
		Story: all('.violation:first-of-type .story:first-of-type li', e => e.className),
		Commands: all('#violations ~ pre, [aria-labelledby=violations] > pre', e => e.innerText),
		Unlabelled: all('svg', e => e.getAttribute('aria-label')).filter(label => !label).length,
		Scrolls: document.documentElement.scrollWidth - document.documentElement.clientWidth,
		Paper: getComputedStyle(document.body).backgroundColor,
	};
})()`

// visit opens a file in a window of some width, in a light or a dark scheme, and says what is there.
func visit(t *testing.T, ctx context.Context, file string, width int64, scheme string) seen {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var got seen
	bad := new(complaints)
	bad.listen(ctx)
	err := chromedp.Run(ctx,
		network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, 800, chromedp.EmulateScale(1)),
		chromedp.Navigate("file://"+file),
		chromedp.Evaluate(look, &got),
	)
	if err != nil {
		t.Fatal(err)
	}
	bad.Lock()
	defer bad.Unlock()
	for _, text := range bad.list {
		t.Errorf("%s at %d px: %s", filepath.Base(file), width, text)
	}
	if got.Scrolls > 0 {
		t.Errorf("%s at %d px scrolls sideways by %d px", filepath.Base(file), width, got.Scrolls)
	}
	if got.Unlabelled > 0 {
		t.Errorf("%d plots without words for those who cannot see them", got.Unlabelled)
	}
	for i, n := range got.Drawn {
		if n != "1" {
			t.Errorf("%s at %d px shows %s of %s sheets, want one", filepath.Base(file), width, n, got.Plots[i])
		}
	}
	return got
}

func TestReportInABrowser(t *testing.T) {
	ctx := browser(t)
	for _, broken := range []bool{false, true} {
		dir, run, v := saveRun(t, broken)
		stats, err := Measure(dir, run)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteAll(dir, run, v, stats); err != nil {
			t.Fatal(err)
		}
		heading, plots := "HELD", []string{"plot-stock", "plot-stock-product", "plot-stock-product-2",
			"plot-stock-product-3", "plot-throughput", "plot-latency",
			"plot-spectrum", "plot-deliveries"}
		if broken {
			heading, plots = "BROKEN", append([]string{"plot-violation-stock-never-oversold-1"}, plots...)
		}
		var story, repeat []string
		if broken {
			story = []string{"unknown", "ok", "commit", "broken", "ok", "commit", "commit", "unknown", "ok"}
			repeat = []string{wording.RepeatCommand(run)}
		}
		papers := map[string]bool{}
		for _, window := range []struct {
			width  int64
			scheme string
		}{{1280, "light"}, {1280, "dark"}, {380, "dark"}} {
			got := visit(t, ctx, filepath.Join(dir, PageFile), window.width, window.scheme)
			if !strings.HasPrefix(got.Heading, heading) || !strings.HasPrefix(got.Title, heading) {
				t.Errorf("heading %q, title %q, want %s first", got.Heading, got.Title, heading)
			}
			if !slices.Equal(got.Plots, plots) {
				t.Errorf("plots are %v\nwant      %v", got.Plots, plots)
			}
			if !slices.Equal(got.Story, story) || !slices.Equal(got.Commands, repeat) {
				t.Errorf("the violation shows %v and %v\nwant              %v and %v", got.Story, got.Commands, story, repeat)
			}
			for _, c := range v.Checks {
				if !slices.Contains(got.Checks, c.Name+" "+string(c.Verdict)) {
					t.Errorf("no promise %s with the answer %s among %v", c.Name, c.Verdict, got.Checks)
				}
			}
			papers[window.scheme+" "+got.Paper] = true
		}
		if len(papers) != 2 || papers["dark rgb(255, 255, 255)"] {
			t.Errorf("backgrounds are %v, want a light and a dark one", papers)
		}
	}
}

func TestComparisonInABrowser(t *testing.T) {
	ctx := browser(t)
	var sides []compare.Side
	for _, broken := range []bool{false, true} {
		dir, run, v := saveRun(t, broken)
		stats, err := Measure(dir, run)
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, compare.Side{Dir: "runs/stampede/20250301T103000Z", Run: run, Verdict: v, Stats: stats})
	}
	file := filepath.Join(t.TempDir(), "comparison.html")
	if err := WriteComparison(file, compare.Of(sides, 0.1)); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 380} {
		got := visit(t, ctx, file, width, "light")
		if !strings.HasPrefix(got.Heading, "WORSE") {
			t.Errorf("heading is %q", got.Heading)
		}
		want := []string{"plot-spectra", "plot-latencies", "plot-throughputs", "plot-sold"}
		if !slices.Equal(got.Plots, want) {
			t.Errorf("plots are %v, want %v", got.Plots, want)
		}
	}
}
