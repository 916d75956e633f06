package cli

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flashsale/internal/watch"
)

// The accounts of docs/operations.md as they stand there, one per line of its SQL.
const (
	migrator  = "shop_migrate:change-me-1"
	shop      = "shop:change-me-2"
	retention = "shop_retention:change-me-3"
)

// Three secrets that the guide's rotation could be about; the last one is a stranger's.
const (
	oldSecret   = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"
	newSecret   = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"
	otherSecret = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVy"
)

// docs/operations.md, followed from the first account to retention.
func TestOperationsGuide(t *testing.T) {
	g := startGuide(t)
	code, _, complaint := flashsale(t, "product", "add", "x", "--stock", "1", "--dsn", g.dsn(shop))
	if code != exitCannot || !strings.Contains(complaint, "INSERT command denied") {
		t.Errorf("the server's account puts a product on sale: %d %s", code, complaint)
	}
	g.run("product", "add", "Espresso machine", "--price", "4200", "--stock", "500", "--dsn", g.dsn(migrator))
	both := g.secretFile("# rotated today", oldSecret, newSecret)
	g.url, g.adm = serveForTest(t, "serve", "--dsn", g.dsn(shop), "--webhook-secret-file", both,
		"--sweep-interval", "50ms")

	g.rotateSecrets()
	g.killOwnSession()
	g.checkMetricNames()
	g.retain()
}

// rotateSecrets: with two secrets in the file either is good, and no third one.
func (g *guide) rotateSecrets() {
	order := g.order(g.hold())
	for _, c := range []struct {
		secret, says string
		code         int
	}{
		{otherSecret, "401 ", 1},
		{newSecret, `"Payment handled","order_status":"paid"`, 0},
		{oldSecret, "Already processed", 0},
	} {
		if code, out := g.webhook(order, g.secretFile(c.secret)); code != c.code || !strings.Contains(out, c.says) {
			g.Errorf("a webhook signed with %s: exit code %d, %s", c.secret, code, out)
		}
	}
	if _, out := g.webhook(9223372036854775807, g.secretFile(newSecret)); !strings.HasPrefix(out, "404 ") {
		g.Errorf("the harmless probe answers %s", out)
	}
}

// killOwnSession: the server's account may end its own sessions, and a server that loses one in the midst of
// a transaction runs that again.
func (g *guide) killOwnSession() {
	own := g.open(g.dsn(shop))
	locked, err := g.admin.BeginTx(g.Context(), nil)
	if err != nil {
		g.Fatal(err)
	}
	defer func() { _ = locked.Rollback() }()
	if _, err := locked.ExecContext(g.Context(), "SELECT id FROM shop.products WHERE id = 1 FOR UPDATE"); err != nil {
		g.Fatal(err)
	}
	held := make(chan int64, 1)
	go func() {
		status, _ := curl(g.T, g.url+"/api/holds", `{"product_id":1,"qty":1}`)
		held <- int64(status)
	}()
	const waiting = " FROM information_schema.processlist WHERE info LIKE 'SELECT id, price%FOR UPDATE'"
	g.await(1, "SELECT COUNT(*)"+waiting)
	var id int64
	if err := own.QueryRowContext(g.Context(), "SELECT id"+waiting).Scan(&id); err != nil {
		g.Fatalf("the account does not see its own session: %v", err)
	}
	g.exec(own, fmt.Sprintf("KILL %d", id))
	if err := locked.Rollback(); err != nil {
		g.Fatal(err)
	}
	if status := <-held; status != http.StatusCreated {
		g.Errorf("the hold whose session was killed answers %d", status)
	}
}

var metricName = regexp.MustCompile(`\b(?:flashsale|process|go)_[a-z_]*[a-z]\b`)

// checkMetricNames: whatever dashboard, alerts and guide name is exported.
func (g *guide) checkMetricNames() {
	_, text := curl(g.T, g.adm+"/metrics", "")
	watched := httptest.NewRecorder()
	watch.NewMetrics().Handler().ServeHTTP(watched, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	exported := metricName.FindAllString(text+watched.Body.String(), -1)
	for file, least := range map[string]int{
		"docs/deploy/grafana-dashboard.json": 10, "docs/deploy/prometheus-alerts.yaml": 4, "docs/operations.md": 6,
		"docs/watch.md": 7,
	} {
		named := metricName.FindAllString(docText(g.T, file), -1)
		slices.Sort(named)
		named = slices.DeleteFunc(slices.Compact(named), func(name string) bool { return name == "goose_db_version" })
		if len(named) < least {
			g.Errorf("%s names %q only", file, named)
		}
		for _, name := range named {
			if !slices.Contains(exported, name) {
				g.Errorf("%s names %s, which neither server nor watch exports", file, name)
			}
		}
	}
}

// retain: retention removes what is over and old, whole, and nothing else.
func (g *guide) retain() {
	signed := g.secretFile(newSecret)
	oldPaid, youngPaid, lateEvent := g.order(g.hold()), g.order(g.hold()), g.order(g.hold())
	oldPending, lapsed := g.order(g.hold()), g.hold()
	for _, order := range []int64{oldPaid, youngPaid, lateEvent} {
		g.webhook(order, signed)
	}
	g.checkBooks()
	g.exec(g.admin, "UPDATE shop.holds SET expires_at = expires_at - INTERVAL 40 DAY"+
		" WHERE id = ? OR id = (SELECT hold_id FROM shop.orders WHERE id = ?)", lapsed, oldPending)
	g.exec(g.admin, "UPDATE shop.orders SET updated_at = updated_at - INTERVAL 40 DAY WHERE id IN (?, ?, ?)",
		oldPaid, oldPending, lateEvent)
	g.exec(g.admin, "UPDATE shop.payment_events SET created_at = created_at - INTERVAL 40 DAY WHERE order_id = ?",
		oldPaid)
	g.await(2, "SELECT COUNT(*) FROM shop.holds WHERE status = 'expired'") // the sweep's, not ours
	if n := g.retainOnce(); n != 4 {
		g.Errorf("retention removes %d rows, want an order, its event, its hold, and a lapsed hold", n)
	}
	if n := g.retainOnce(); n != 0 {
		g.Errorf("retention removes %d more rows", n)
	}
	for order, want := range map[int64]string{oldPaid: "404 ", youngPaid: "Already", lateEvent: "Already"} {
		if _, out := g.webhook(order, signed); !strings.Contains(out, want) {
			g.Errorf("a redelivery for order %d answers %s", order, out)
		}
	}
	if _, out := g.webhook(oldPending, signed); !strings.Contains(out, `"outcome":"paid"`) {
		g.Errorf("a late payment of a kept order answers %s", out)
	}
}

// retainOnce runs the file of one batch in a session of its own and returns what it prints last.
func (g *guide) retainOnce() (removed int) {
	db := g.open(g.dsn(retention))
	rows, err := db.QueryContext(g.Context(), docText(g.T, "docs/deploy/retention.sql"))
	if err != nil {
		g.Fatal(err)
	}
	defer rows.Close()
	removed = -1
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			if err := rows.Scan(&removed); err != nil {
				g.Fatal(err)
			}
		}
	}
	if err := rows.Err(); err != nil {
		g.Fatal(err)
	}
	return removed
}

// checkBooks runs the guide's last query: what is sold and held is explained to the unit.
func (g *guide) checkBooks() {
	statements := blocks(g.T, "docs/operations.md", "sql")
	var product, sold, held sql.NullInt64
	db := g.open(g.dsn(shop))
	if err := db.QueryRowContext(g.Context(), statements[len(statements)-1]).Scan(&product, &sold, &held); err != nil {
		g.Fatal(err)
	}
	if sold.Int64 != 0 || held.Int64 != 0 || product.Int64 != 1 {
		g.Errorf("unexplained: %d sold, %d held", sold.Int64, held.Int64)
	}
}
