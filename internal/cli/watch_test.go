package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"flashsale/internal/database"
	"flashsale/internal/lab"
)

// watchWait is what a test waits for at most.
const watchWait = 30 * time.Second

// startShop starts a shop of one product on a database server of its own.
func startShop(t *testing.T, o lab.Options) *lab.Lab {
	t.Helper()
	o.HoldTTL, o.SweepInterval = time.Second, 200*time.Millisecond
	o.Products = []lab.Product{{ID: 1, Name: "Lamp", Price: 250, StockTotal: 60}}
	shop, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), watchWait)
		defer cancel()
		if err := shop.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return shop
}

// storm sells out a shop, with everything that smoke has to offer.
func storm(t *testing.T, shop *lab.Lab) {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(shop.Secret()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, complaint := flashsale(t, "simulate", "smoke", "--target", shop.URLs()[0], "--product", "1",
		"--webhook-secret-file", secret, "--set", "products.count=1", "--set", "products.stock=60",
		"--set", "products.price=250", "--set", "products.names=[Lamp]", "--set", "expect.exercise={}",
		"--out", filepath.Join(t.TempDir(), "runs"))
	if code > 2 { // what its clients saw is another test's matter
		t.Errorf("exit code %d\n%s%s", code, out, complaint)
	}
}

func plant(t *testing.T, shop *lab.Lab, statement string) {
	t.Helper()
	if _, err := shop.DB().ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// watching is a `flashsale watch` under way.
type watching struct {
	t     *testing.T
	stop  context.CancelFunc // as Ctrl-C does
	ended chan int

	mu   sync.Mutex
	said strings.Builder // on both streams
	out  strings.Builder // on stdout alone
	news chan struct{}
}

// watchShop runs `flashsale watch` until it is stopped, and returns when it follows.
func watchShop(t *testing.T, dsn string, args ...string) *watching {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{t: t, stop: stop, ended: make(chan int, 1), news: make(chan struct{}, 1)}
	stdout, stderr := w.stream(true), w.stream(false)
	go func() {
		all := append([]string{"watch", "--dsn", dsn, "--metrics-addr", "127.0.0.1:0"}, args...)
		code := Run(ctx, all, Streams{Out: stdout, Err: stderr})
		_, _ = stdout.Close(), stderr.Close()
		w.ended <- code
	}()
	t.Cleanup(stop)
	w.await(`watching \S+ at \S+ from \S+ on`)
	return w
}

// stream takes in one of its streams, line by line.
func (w *watching) stream(out bool) *io.PipeWriter {
	reader, writer := io.Pipe()
	go func() {
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			w.mu.Lock()
			fmt.Fprintln(&w.said, lines.Text())
			if out {
				fmt.Fprintln(&w.out, lines.Text())
			}
			w.mu.Unlock()
			select {
			case w.news <- struct{}{}:
			default:
			}
		}
	}()
	return writer
}

func (w *watching) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.String()
}

// await waits until something was said, and returns what a group matched.
func (w *watching) await(pattern string) string {
	w.t.Helper()
	deadline := time.NewTimer(watchWait)
	defer deadline.Stop()
	for expression := regexp.MustCompile(pattern); ; {
		if m := expression.FindStringSubmatch(w.text()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-w.news:
		case <-deadline.C:
			w.t.Fatalf("it does not say %q:\n%s", pattern, w.text())
		}
	}
}

// end waits for the end, and returns the exit code.
func (w *watching) end() int {
	w.t.Helper()
	select {
	case code := <-w.ended:
		return code
	case <-time.After(watchWait):
		w.t.Fatalf("it does not end:\n%s", w.text())
	}
	return 0
}

// metric asks for one series; -1: there is none.
func (w *watching) metric(series string) (value float64) {
	w.t.Helper()
	_, text := curl(w.t, w.await(`metrics on (\S+)`), "")
	_, rest, found := strings.Cut(text, "\n"+series+" ")
	if !found {
		return -1
	}
	if _, err := fmt.Sscan(rest, &value); err != nil {
		w.t.Fatal(err)
	}
	return value
}

// awaitMetric polls until a series has a value.
func (w *watching) awaitMetric(series string, reached func(float64) bool) {
	w.t.Helper()
	deadline := time.Now().Add(watchWait)
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for !reached(w.metric(series)) {
		if <-poll.C; time.Now().After(deadline) {
			w.t.Fatalf("%s is %v\n%s", series, w.metric(series), w.text())
		}
	}
}

func atLeast(n float64) func(float64) bool { return func(value float64) bool { return value >= n } }

// A storm, a database that dies in the middle of it, and a restart: nobody is accused and nothing is missed.
// Then somebody spoils the books by hand, and it is said at once.
func TestWatchASale(t *testing.T) {
	t.Parallel()
	shop := startShop(t, lab.Options{})
	w := watchShop(t, shop.DSN(), "--hold-ttl", "1s")
	for _, series := range []string{`violations_total{check="stock-never-oversold"}`, "gaps_total", "commits_total"} {
		if n := w.metric("flashsale_watch_" + series); n != 0 {
			t.Errorf("%s begins at %v", series, n)
		}
	}
	storm(t, shop)
	plant(t, shop, "UPDATE products SET stock_total = stock_total + 10")
	if _, err := shop.Database().Victim().Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.await("does not answer")
	w.awaitMetric("flashsale_watch_up", func(up float64) bool { return up == 0 })
	if err := shop.Database().Victim().Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.await("answers again, after")
	w.awaitMetric("flashsale_watch_up", atLeast(1))
	storm(t, shop)
	if strings.Contains(w.text(), "BROKEN") || w.metric("flashsale_watch_gaps_total") != 0 {
		t.Fatalf("it accuses, or misses something:\n%s", w.text())
	}
	plant(t, shop, "UPDATE orders SET status = 'pending' WHERE status = 'paid' ORDER BY id LIMIT 1")
	w.await(`BROKEN legal-transitions: [^\n]*\n(?:.*\n)*? +commit \d+ \(\S+:\d+\) at .*: orders \d+: paid -> pending`)
	w.awaitMetric(`flashsale_watch_violations_total{check="legal-transitions"}`, atLeast(1))
	w.stop()
	if code := w.end(); code != 1 {
		t.Errorf("exit code %d\n%s", code, w.text())
	}
	w.await(`BROKEN: [^\n]*legal-transitions[^\n]*`)
	w.await(`pass +event-atomic`)
}

// Ctrl-C after an honest storm: held. The log is followed to its end when the time is up, and no further.
func TestWatchEndsWithTheVerdict(t *testing.T) {
	t.Parallel()
	shop := startShop(t, lab.Options{})
	w := watchShop(t, shop.DSN())
	storm(t, shop)
	w.awaitMetric("flashsale_watch_commits_total", atLeast(50))
	w.stop()
	if code := w.end(); code != 0 || !strings.Contains(w.text(), "HELD: 8 of 18") {
		t.Errorf("exit code %d\n%s", code, w.text())
	}

	// The rows as they stand are no news, and neither is nothing.
	code, out, complaint := flashsale(t, "watch", "--dsn", shop.DSN(), "--metrics-addr", "", "--for", "1500ms")
	if code != 2 || !strings.Contains(out, "nothing was committed") {
		t.Errorf("exit code %d\n%s%s", code, out, complaint)
	}
}

// Whoever joins while the sale goes on takes no commit for news that the rows contain already.
func TestWatchJoinsASaleUnderWay(t *testing.T) {
	t.Parallel()
	shop := startShop(t, lab.Options{})
	stormed := make(chan struct{})
	go func() {
		defer close(stormed)
		storm(t, shop)
	}()
	for joined := true; joined; {
		w := watchShop(t, shop.DSN(), "--recent", "5")
		w.stop()
		if code := w.end(); code != 0 && code != 2 || strings.Contains(w.text(), "GAP") {
			t.Errorf("exit code %d\n%s", code, w.text())
		}
		select {
		case <-stormed:
			joined = false
		default:
		}
	}
}

// A hole in the log is said, and the watch begins again. One JSON line for a violation, and nothing else on stdout.
func TestWatchBeginsAgainAfterAGap(t *testing.T) {
	t.Parallel()
	shop := startShop(t, lab.Options{Kind: lab.KindDatabase})
	w := watchShop(t, shop.DSN(), "--json")
	plant(t, shop, "UPDATE products SET price = 251")
	w.awaitMetric("flashsale_watch_commits_total", atLeast(1))
	plant(t, shop, "RESET MASTER")
	w.await(`GAP: (.*)`)
	w.await(`(?s)GAP.*watching \S+ at \S+ from \S+ on`)
	w.awaitMetric("flashsale_watch_up", atLeast(1))
	if n := w.metric("flashsale_watch_gaps_total"); n != 1 {
		t.Errorf("%v gaps", n)
	}
	plant(t, shop, "UPDATE products SET stock_total = stock_total - 1")
	w.await(`"check":"legal-transitions"`)
	w.stop()
	if code := w.end(); code != 1 {
		t.Errorf("exit code %d\n%s", code, w.text())
	}
	w.await(`- commits were missed`)
	w.mu.Lock()
	defer w.mu.Unlock()
	var line struct {
		What    string
		Count   int64
		Commits []json.RawMessage
	}
	if err := json.Unmarshal([]byte(w.out.String()), &line); err != nil || line.Count != 1 || len(line.Commits) == 0 {
		t.Errorf("%v: %s", err, w.out.String())
	}
}

// The plain checkout without a guard is caught while it sells; whole, it is not.
func TestWatchCatchesTheStrawman(t *testing.T) {
	t.Parallel()
	for guard, promise := range map[string]string{"": "", "used-holds-count": "stock-never-oversold", "exact-price": "price-exact"} {
		o := lab.Options{Kind: lab.KindStrawman}
		if guard != "" {
			o.Without = []string{guard}
		}
		shop := startShop(t, o)
		w := watchShop(t, shop.DSN(), "--decision-times", "--hold-ttl", "1s")
		storm(t, shop)
		if promise != "" {
			w.await("BROKEN " + promise)
		} else {
			w.awaitMetric("flashsale_watch_commits_total", atLeast(50))
		}
		w.stop()
		if code := w.end(); (code == 1) != (promise != "") || code > 1 {
			t.Errorf("without %q: exit code %d\n%s", guard, code, w.text())
		}
	}
}

// Who may not follow is told what is missing, in one line.
func TestWatchNeedsItsGrants(t *testing.T) {
	t.Parallel()
	shop := startShop(t, lab.Options{Kind: lab.KindDatabase})
	plant(t, shop, "CREATE USER reader@'%' IDENTIFIED BY 'x'")
	plant(t, shop, "GRANT SELECT ON *.* TO reader@'%'")
	dsn := "reader:x@tcp(" + addrOf(t, shop.Database()) + ")/" + nameOf(shop.DSN())
	code, out, complaint := flashsale(t, "watch", "--dsn", dsn, "--metrics-addr", "")
	if code != exitCannot || out != "" || !strings.Contains(complaint, "GRANT REPLICATION") || strings.Count(complaint, "\n") != 1 {
		t.Errorf("exit code %d, %q, %q", code, out, complaint)
	}
	// It may read the tables, and so judge them as they stand.
	if code, out, complaint := flashsale(t, "check", "--dsn", dsn); code != 2 || !strings.Contains(out, "1 product, 0 holds") {
		t.Errorf("exit code %d\n%s%s", code, out, complaint)
	}
}

func addrOf(t *testing.T, server *database.Server) string {
	t.Helper()
	_, rest, _ := strings.Cut(server.DSN(""), "@tcp(")
	addr, _, found := strings.Cut(rest, ")")
	if !found {
		t.Fatal("the database has no TCP address")
	}
	return addr
}

// nameOf is the schema that a DSN names.
func nameOf(dsn string) string {
	name, _, _ := strings.Cut(dsn[strings.LastIndex(dsn, "/")+1:], "?")
	return name
}

// A live database is judged as it stands; whoever names a run means the run.
func TestCheckALiveDatabase(t *testing.T) {
	shop := startShop(t, lab.Options{})
	storm(t, shop)
	if code, out, complaint := flashsale(t, "check", "--dsn", shop.DSN()); code != 0 || !strings.Contains(out, "pass      payments-settle") {
		t.Errorf("exit code %d\n%s%s", code, out, complaint)
	}
	plant(t, shop, "UPDATE products SET stock_sold = stock_sold - 1")
	code, out, complaint := flashsale(t, "check", "--dsn", shop.DSN())
	if code != 1 || !strings.Contains(out, "BROKEN: sold-matches-paid") {
		t.Errorf("exit code %d\n%s%s", code, out, complaint)
	}
	t.Setenv("FLASHSALE_DSN", shop.DSN())
	if code, _, complaint := flashsale(t, "check", t.TempDir()); code != exitBadInput || !strings.Contains(complaint, "run.json") {
		t.Errorf("exit code %d, %q", code, complaint)
	}
}
