package cli

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab"
)

// What the guides tell people to do is done here, on a real database: the purchase of the README, and the
// accounts, secrets and retention of docs/operations.md.

const guideWait = 20 * time.Second

var servingLine = regexp.MustCompile(`msg=serving addr=(\S+) admin=(\S+)`)

// serveForTest runs `flashsale serve` on free ports until the test ends, and drains it then.
func serveForTest(t *testing.T, args ...string) (url, admin string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said, log := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		all := append(args, "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0")
		code := Run(ctx, all, Streams{Out: io.Discard, Err: log})
		_ = log.Close()
		ended <- code
	}()
	serving := make(chan []string, 1)
	go func() {
		defer close(serving)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if m := servingLine.FindStringSubmatch(lines.Text()); m != nil {
				serving <- m
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		select {
		case code := <-ended:
			if code != exitHeld {
				t.Errorf("flashsale %s ended with %d", strings.Join(args, " "), code)
			}
		case <-time.After(guideWait):
			t.Errorf("flashsale %s does not stop", strings.Join(args, " "))
		}
	})
	select {
	case m, ok := <-serving:
		if ok {
			return "http://" + m[1], "http://" + m[2]
		}
	case <-time.After(guideWait):
	}
	t.Fatalf("flashsale %s does not serve", strings.Join(args, " "))
	return "", ""
}

// curl does what the command would do with a URL and, for a POST, a body.
func curl(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	client := &http.Client{Timeout: guideWait}
	response, err := client.Get(url)
	if body != "" {
		response, err = client.Post(url, "application/x-www-form-urlencoded", strings.NewReader(body)) // as curl -d
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

var (
	curlLine = regexp.MustCompile(`^curl (?:-d '([^']*)' )?localhost:8080(\S+)`)
	promised = regexp.MustCompile(`#\s+(?:(\d{3}) )?(\{.*\})$`)
)

// The README's purchase, line by line: its server, its requests, and the answers that its comments promise.
func TestREADMEPurchase(t *testing.T) {
	var start, purchase string
	for _, block := range blocks(t, "README.md", "sh") {
		switch {
		case strings.Contains(block, "curl localhost:8080/api/products/1"):
			purchase = block
		case strings.Contains(block, "serve --allow-unsigned-webhooks"):
			start = block
		}
	}
	serve := commandLines(start)
	if len(serve) != 1 || purchase == "" {
		t.Fatalf("the README starts %d servers for the purchase %q", len(serve), purchase)
	}
	url, _ := serveForTest(t, serve[0]...)
	var last string
	for line := range strings.Lines(purchase) {
		line = strings.TrimSpace(line)
		if request := curlLine.FindStringSubmatch(line); request != nil {
			var status int
			status, last = curl(t, url+request[2], request[1])
			if want := promised.FindStringSubmatch(line); want != nil {
				pattern := strings.ReplaceAll(regexp.QuoteMeta(want[2]), `\.\.\.`, ".*")
				if want[1] != "" && want[1] != fmt.Sprint(status) || !regexp.MustCompile("^"+pattern+"$").MatchString(last) {
					t.Errorf("%s\nanswers %d %s", line, status, last)
				}
			}
			continue
		}
		for _, args := range commandLines(line) {
			if code, out, complaint := flashsale(t, append(args, "--target", url)...); code != exitHeld {
				t.Errorf("%s: exit code %d, %s%s", line, code, out, complaint)
			}
		}
	}
	if !strings.HasPrefix(last, `{"order_id":1,`) || !strings.Contains(last, `"status":"paid"`) {
		t.Errorf("the purchase ends with %q", last)
	}
}

// guide is docs/operations.md being followed.
type guide struct {
	*testing.T
	addr  string // of the database server
	admin *sql.DB
	url   string
	adm   string // the shop's admin address
}

// dsn is how one of the guide's accounts connects.
func (g *guide) dsn(account string) string {
	return account + "@tcp(" + g.addr + ")/shop"
}

// open connects with several statements at a time, as the command line client of a database would.
func (g *guide) open(dsn string) *sql.DB {
	g.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		g.Fatal(err)
	}
	config.MultiStatements = true
	connector, err := mysql.NewConnector(config)
	if err != nil {
		g.Fatal(err)
	}
	db := sql.OpenDB(connector)
	g.Cleanup(func() { _ = db.Close() })
	return db
}

func (g *guide) exec(db *sql.DB, statements string, args ...any) {
	g.Helper()
	if _, err := db.ExecContext(g.Context(), statements, args...); err != nil {
		g.Fatalf("%v:\n%s", err, statements)
	}
}

// run runs a command line that must succeed.
func (g *guide) run(args ...string) string {
	g.Helper()
	code, out, complaint := flashsale(g.T, args...)
	if code != exitHeld {
		g.Fatalf("%v: exit code %d, %s%s", args, code, out, complaint)
	}
	return out
}

// await polls a count until it is what is wanted.
func (g *guide) await(want int, query string) {
	g.Helper()
	deadline := time.Now().Add(guideWait)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for have := -1; have != want; <-poll.C {
		if err := g.admin.QueryRowContext(g.Context(), query).Scan(&have); err != nil {
			g.Fatal(err)
		}
		if time.Now().After(deadline) {
			g.Fatalf("%s is %d, not %d", query, have, want)
		}
	}
}

// secretFile writes a file of webhook secrets.
func (g *guide) secretFile(secrets ...string) string {
	file := filepath.Join(g.TempDir(), "secrets")
	if err := os.WriteFile(file, []byte(strings.Join(secrets, "\n")), 0o600); err != nil {
		g.Fatal(err)
	}
	return file
}

// hold, order and webhook are the steps of a purchase.
func (g *guide) hold() (id int64) { return g.post("/api/holds", `{"product_id":1,"qty":1}`, "hold_id") }
func (g *guide) order(hold int64) (id int64) {
	return g.post("/api/orders", fmt.Sprintf(`{"hold_id":%d}`, hold), "order_id")
}
func (g *guide) webhook(order int64, file string) (code int, out string) {
	code, out, _ = flashsale(g.T, "webhook", "send", "--order", fmt.Sprint(order), "--status", "success",
		"--key", fmt.Sprintf("evt-%d", order), "--target", g.url, "--webhook-secret-file", file)
	return code, out
}

func (g *guide) post(path, body, idField string) (id int64) {
	g.Helper()
	status, answer := curl(g.T, g.url+path, body)
	_, rest, found := strings.Cut(answer, `"`+idField+`":`)
	if _, err := fmt.Sscanf(rest, "%d", &id); status != http.StatusCreated || !found || err != nil {
		g.Fatalf("%s %s answers %d %s", path, body, status, answer)
	}
	return id
}

// startDatabaseServer starts a database server until the test ends, and returns its administrator's DSN.
func startDatabaseServer(t *testing.T) (dsn string, config *mysql.Config) {
	t.Helper()
	private, err := lab.Start(t.Context(), lab.Options{Kind: lab.KindDatabase})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), guideWait)
		defer cancel()
		if err := private.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	dsn = private.Database().DSN("")
	if config, err = mysql.ParseDSN(dsn); err != nil {
		t.Fatal(err)
	}
	return dsn, config
}

// startGuide starts a database server and follows docs/operations.md as far as the accounts.
func startGuide(t *testing.T) *guide {
	t.Helper()
	server, config := startDatabaseServer(t)
	g := &guide{T: t, addr: config.Addr}
	g.admin = g.open(server)
	statements := blocks(t, "docs/operations.md", "sql")
	g.exec(g.admin, statements[0])
	for _, args := range commandLines(blocks(t, "docs/operations.md", "sh")[0]) {
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "127.0.0.1:3306", g.addr)
		}
		g.run(args...)
	}
	g.exec(g.admin, statements[1])
	g.exec(g.admin, statements[2])
	return g
}
