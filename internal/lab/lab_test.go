package lab

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flashsale/internal/database"
	"flashsale/migrations"
)

func TestLab(t *testing.T) {
	isolate(t)
	t.Setenv("FLASHSALE_ALLOW_UNSIGNED_WEBHOOKS", "meant-for-somebody-else")
	logs := t.TempDir()
	l := start(t, Options{
		RunID: "2025-01-02T03.04", Replicas: 2, LogDir: logs, Products: twoProducts(),
		HoldTTL: 1500 * time.Millisecond, SweepInterval: 200 * time.Millisecond, MaxQty: 12,
	})

	if got := len(l.URLs()) + len(l.AdminURLs()); got != 4 {
		t.Errorf("%d URLs", got)
	}
	for _, url := range l.URLs() {
		told := get(t, url+"/told")
		for _, want := range []string{
			l.Secret(), "/flashsale_2025_01_02T03_04?", "--hold-ttl 1.5s", "--sweep-interval 200ms", "--max-qty 12",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("the server was not told %q: %s", want, told)
			}
		}
		if strings.Contains(told, "--request-timeout") {
			t.Errorf("the server was told what we were not: %s", told)
		}
		if strings.Contains(told, "somebody-else") {
			t.Error("the server was told what is in our environment")
		}
	}

	if err := migrations.Check(t.Context(), l.DB()); err != nil {
		t.Error(err)
	}
	var products, stock int
	row := l.DB().QueryRowContext(t.Context(), "SELECT COUNT(*), SUM(stock_total - stock_sold - stock_held) FROM products")
	if err := row.Scan(&products, &stock); err != nil || products != 2 || stock != 27 {
		t.Errorf("%d products with %d units: %v", products, stock, err)
	}
	now, err := l.Now(t.Context())
	if here := time.Now().UnixMicro(); err != nil || now > here+1 || now < here-int64(time.Minute/time.Microsecond) {
		t.Errorf("the clock says %d: %v", now, err)
	}
	for _, log := range l.Logs() {
		if _, err := os.Stat(log); err != nil || filepath.Dir(log) != logs {
			t.Errorf("log %s: %v", log, err)
		}
	}
	info, err := os.Stat(l.secretFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secret file: %v, %v", info, err)
	}
	if l.Err() != nil {
		t.Error(l.Err())
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestStrawmanMakesItsOwnSchema(t *testing.T) {
	isolate(t)
	l := start(t, Options{Kind: KindStrawman, Without: []string{"hold-lock", "signature"}, Products: twoProducts()})
	if told := get(t, l.URLs()[0]+"/told"); !strings.Contains(told, "--without hold-lock --without signature") {
		t.Errorf("told %s", told)
	}
	var products, recent int
	row := l.DB().QueryRowContext(t.Context(),
		"SELECT COUNT(*), SUM(created_at > UTC_TIMESTAMP() - INTERVAL 1 MINUTE) FROM products WHERE stock_sold = 0")
	if err := row.Scan(&products, &recent); err != nil || products != 2 || recent != 2 {
		t.Errorf("%d products, %d recent: %v", products, recent, err)
	}
	if version, err := migrations.Version(t.Context(), l.DB()); err != nil || version != 0 {
		t.Errorf("our migrations ran: version %d, %v", version, err)
	}
}

func TestStrawmanIsToldOfItsVariant(t *testing.T) {
	command := Options{Kind: KindStrawman, CounterColumn: true}.Command()
	if !slices.Contains(command.Flags, "--counter-column") {
		t.Errorf("told %v", command.Flags)
	}
}

func TestFaults(t *testing.T) {
	isolate(t)
	l := start(t, Options{Replicas: 2})
	ctx := t.Context()

	first, second := l.Victims()[0], l.Victims()[1]
	if end, err := second.Kill(ctx); err != nil || end != "signal: killed" {
		t.Fatalf("killed: %q, %v", end, err)
	}
	if err := second.Knock(ctx); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a knock at a dead server: %v", err)
	}
	if err := second.Start(ctx); err != nil {
		t.Fatal(err)
	}
	get(t, l.URLs()[1]+"/told")
	if err := second.Start(ctx); err != nil {
		t.Errorf("starting what runs: %v", err)
	}
	if err := first.Pause(ctx); err != nil {
		t.Fatal(err)
	}
	if err := first.restart(ctx); err != nil { // it must be woken to drain
		t.Fatal(err)
	}
	get(t, l.URLs()[0]+"/told")
	if _, err := l.Database().Victim().Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.Database().Victim().Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.DB().PingContext(ctx); err != nil {
		t.Error(err)
	}
	if l.Err() != nil {
		t.Errorf("an ordered death was reported: %v", l.Err())
	}

	process, err := os.FindProcess(l.servers[0].current().PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, l.Failed())
	if l.Err() == nil || !strings.Contains(l.Err().Error(), "server 0") {
		t.Errorf("an unexpected death was reported as %v", l.Err())
	}
}

func await(t *testing.T, signal <-chan struct{}) {
	t.Helper()
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	select {
	case <-signal:
	case <-patience.C:
		t.Fatal("nothing happened within 10 s")
	}
}

func TestSideBySideOnOneDSN(t *testing.T) {
	isolate(t)
	host := start(t, Options{})
	dsn := host.Database().DSN("")
	one := start(t, Options{RunID: "one", DSN: dsn, Replicas: 2, Products: twoProducts()})
	two := start(t, Options{RunID: "two", Replicas: 2, Products: twoProducts()})
	seen := map[string]bool{}
	for _, l := range []*Lab{host, one, two} {
		for _, url := range append(l.URLs(), l.AdminURLs()...) {
			if seen[url] {
				t.Errorf("%s was given twice", url)
			}
			seen[url] = true
		}
	}
	if one.Database().Source() != database.SourceDSN || two.Database().Source() != database.SourceChild {
		t.Errorf("sources %q and %q", one.Database().Source(), two.Database().Source())
	}

	if _, err := Start(t.Context(), Options{RunID: "one", DSN: dsn}); !errors.Is(err, database.ErrExists) {
		t.Errorf("a second run of the same name: %v", err)
	}
	var stock int
	if err := one.DB().QueryRow("SELECT SUM(stock_total) FROM products").Scan(&stock); err != nil || stock != 27 {
		t.Errorf("and now the first one has %d units: %v", stock, err)
	}
}

func TestServerThatCannotStart(t *testing.T) {
	for _, c := range []struct{ name, why, kind string }{
		{"dies", "my leg hurts", KindFlashsale},
		{"dies making its schema", "no table for me", KindStrawman},
	} {
		t.Run(c.name, func(t *testing.T) {
			isolate(t)
			t.Setenv("LABTEST_DIES", c.why)
			if _, err := Start(t.Context(), Options{Kind: c.kind}); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestServerThatIsNeverReady(t *testing.T) {
	isolate(t)
	t.Setenv("LABTEST_NEVER_READY", "1")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	logs, ended := t.TempDir(), make(chan error, 1)
	go func() {
		_, err := Start(ctx, Options{LogDir: logs})
		ended <- err
	}()
	if !within(30*time.Second, func() bool {
		log, err := os.ReadFile(filepath.Join(logs, "server-0.log"))
		return err == nil && strings.Contains(string(log), warmingUp)
	}) {
		t.Error("it does not warm up")
	}
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "not ready in time") || !strings.Contains(err.Error(), warmingUp) {
		t.Errorf("got %v", err)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []Options{
		{Kind: "toaster"}, {Without: []string{"hold-lock"}}, {Replicas: 17}, {Replicas: -1}, {HoldTTL: -1},
		{BatchMax: -1}, {Kind: KindStrawman, BatchMax: 1}, {DSN: "x@tcp(127.0.0.1:1)/", UnsafeNoFlush: true},
		{CounterColumn: true}, {Counter: CounterMemory}, {Kind: KindFront}, {Kind: KindFront, Counter: "abacus"},
		{Kind: KindFront, Counter: CounterMemory, DSN: "x@tcp(127.0.0.1:1)/"},
		{Kind: KindFront, Counter: CounterMemory, DatabaseRoads: true}, {Kind: KindDatabase, ClientRoads: true},
	} {
		if l, err := Start(t.Context(), o); err == nil {
			t.Errorf("accepted: %+v", o)
			l.Close(t.Context())
		}
	}
}

func TestDatabaseName(t *testing.T) {
	long := strings.Repeat("x", 60) + "-end"
	for id, want := range map[string]string{
		"abc": "flashsale_abc", "a-b.c`d": "flashsale_a_b_c_d",
		long: "flashsale_" + strings.Repeat("x", 50) + "_end",
	} {
		if got := databaseName(id); got != want {
			t.Errorf("%s gives %s, want %s", id, got, want)
		}
	}
}

func TestDatabaseAlone(t *testing.T) {
	isolate(t)
	l := start(t, Options{Kind: KindDatabase, Products: twoProducts()})
	if len(l.URLs()) != 0 {
		t.Errorf("there are servers: %v", l.URLs())
	}
	if err := migrations.Check(t.Context(), l.DB()); err != nil {
		t.Error(err)
	}
	var products int
	if err := l.DB().QueryRow("SELECT COUNT(*) FROM products").Scan(&products); err != nil || products != 2 {
		t.Errorf("%d products: %v", products, err)
	}
}
