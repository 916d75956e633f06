package strawman

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
)

const (
	testSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// rig is a running strawman, and its database behind it.
type rig struct {
	testing.TB
	url    string
	admin  string
	dsn    string // of the shop's database, past any proxy
	config Config
	db     *sql.DB
	shop   *shop // a second shop on the same database, for what has no endpoint: the sweep
	keys   int
}

// start runs a strawman until the test ends. Nothing sweeps unless the test does.
func start(t testing.TB, without ...string) *rig {
	return startWith(t, func(c *Config) { c.Without = without })
}

// starter is startWith for one of the two designs.
type starter func(t testing.TB, set ...func(*Config)) *rig

// inBothDesigns runs a test on the plain strawman and on the one with the counter column, whose count must be right at
// the end.
func inBothDesigns(t *testing.T, test func(*testing.T, starter)) {
	t.Run("sum", func(t *testing.T) {
		test(t, func(t testing.TB, set ...func(*Config)) *rig { return startWith(t, set...) })
	})
	t.Run("counter", func(t *testing.T) {
		test(t, func(t testing.TB, set ...func(*Config)) *rig {
			r := startWith(t, append(set, func(c *Config) { c.CounterColumn = true })...)
			t.Cleanup(r.checkCount)
			return r
		})
	})
}

// heldSQL is what the counter column of the product p must be.
const heldSQL = `(SELECT COALESCE(SUM(qty), 0) FROM holds h WHERE h.product_id = p.id AND h.status IN ('active', 'used'))`

// checkCount finds products whose count is wrong. It looks in one statement, while the server may still be sweeping.
func (r *rig) checkCount() {
	if n := r.count("SELECT COUNT(*) FROM products p WHERE p.stock_held != " + heldSQL); n != 0 {
		r.Errorf("%d products with a wrong stock_held", n)
	}
}

// countHolds makes the count right again after a test has inserted holds by itself, if this design counts.
func (r *rig) countHolds() {
	r.Helper()
	if r.shop.reserved.column() != "" {
		r.exec("UPDATE products p SET p.stock_held = " + heldSQL)
	}
}

func startWith(t testing.TB, set ...func(*Config)) *rig {
	t.Helper()
	dsn, db := newDatabase(t)
	return startOn(t, dsn, db, set...)
}

// startOn starts a strawman on an empty database.
func startOn(t testing.TB, dsn string, db *sql.DB, set ...func(*Config)) *rig {
	t.Helper()
	c := Config{
		Addr: "test", DSN: dsn, HoldTTL: time.Minute, SweepInterval: time.Hour, MaxQty: 1000,
		RequestTimeout: 5 * time.Second, Secrets: []string{otherSecret, testSecret}, Logger: testLog(t),
	}
	for _, s := range set {
		s(&c)
	}
	if err := CreateSchema(t.Context(), db, c); err != nil {
		t.Fatal(err)
	}
	r := &rig{TB: t, dsn: dsn, db: db, config: c}
	api, admin := listen(t), listen(t)
	r.url, r.admin = "http://"+api.Addr().String(), "http://"+admin.Addr().String()
	r.serve(c, api, admin)
	own, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	if r.shop, err = newShop(t.Context(), own, c); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) serve(c Config, listener, admin net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, c, both(listener, admin)) }()
	r.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		select {
		case err := <-ended:
			if err != nil {
				r.Errorf("the strawman ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			r.Error("the strawman did not drain")
		}
	})
}

// both are the listeners that a strawman asks for.
func both(listener, admin net.Listener) func() (net.Listener, net.Listener, error) {
	return func() (net.Listener, net.Listener, error) { return listener, admin, nil }
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (a reply) problem() string {
	kind, _ := a.body["type"].(string)
	return kind
}

func (a reply) int(name string) int64 {
	n, _ := a.body[name].(json.Number)
	i, _ := n.Int64()
	return i
}

func (a reply) text(name string) string {
	s, _ := a.body[name].(string)
	return s
}

func (a reply) replayed() bool { return a.header.Get(api.HeaderIdempotentReplayed) == "true" }

// try sends a request. It fails no test, so it may be used from any goroutine.
func (r *rig) try(method, path, body string, header map[string]string) (reply, error) {
	req, err := http.NewRequest(method, r.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return reply{}, err
	}
	for name, value := range header {
		req.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	a := reply{status: res.StatusCode, header: res.Header}
	data, err := io.ReadAll(res.Body)
	if err != nil || len(data) == 0 {
		return a, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return a, dec.Decode(&a.body)
}

func (r *rig) send(method, path, body string, header map[string]string) reply {
	r.Helper()
	a, err := r.try(method, path, body, header)
	if err != nil {
		r.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func keyed(key string) map[string]string {
	if key == "" {
		return nil
	}
	return map[string]string{api.HeaderIdempotencyKey: key}
}

// sign makes the headers of a webhook sent at the given time.
func sign(secret, body string, at time.Time) map[string]string {
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		panic(err)
	}
	signature, err := wh.Sign("msg_1", at, []byte(body))
	if err != nil {
		panic(err)
	}
	return map[string]string{
		api.HeaderWebhookID: "msg_1", api.HeaderWebhookTimestamp: fmt.Sprint(at.Unix()),
		api.HeaderWebhookSignature: signature,
	}
}

func holdBody(product, qty int64) string {
	return fmt.Sprintf(`{"product_id":%d,"qty":%d}`, product, qty)
}

func orderBody(hold int64) string { return fmt.Sprintf(`{"hold_id":%d}`, hold) }

func eventBody(order int64, status, key string) string {
	body, err := json.Marshal(api.Webhook{OrderID: order, Status: status, IdempotencyKey: key})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// product puts a product on sale at 250 a unit.
func (r *rig) product(stock int64) int64 {
	r.Helper()
	res, err := r.db.Exec(`INSERT INTO products (name, price, stock_total, created_at, updated_at)
		VALUES ('Lamp', 250, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, stock)
	if err != nil {
		r.Fatal(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		r.Fatal(err)
	}
	return id
}

// hold, order and pay do what must succeed on the way to what the test is about.
func (r *rig) hold(product, qty int64) int64 {
	r.Helper()
	a := r.send("POST", api.PathHolds, holdBody(product, qty), nil)
	if a.status != http.StatusCreated {
		r.Fatalf("hold of %d: %d %v", qty, a.status, a.body)
	}
	return a.int("hold_id")
}

func (r *rig) order(hold int64) int64 {
	r.Helper()
	a := r.send("POST", api.PathOrders, orderBody(hold), nil)
	if a.status != http.StatusCreated {
		r.Fatalf("order of hold %d: %d %v", hold, a.status, a.body)
	}
	return a.int("order_id")
}

// pay sends an event under a key of its own and returns its outcome.
func (r *rig) pay(order int64, status string) string {
	r.Helper()
	r.keys++
	a := r.event(order, status, fmt.Sprintf("evt_%d", r.keys))
	if a.status != http.StatusOK || a.text("message") != api.MessagePaymentHandled {
		r.Fatalf("%s of order %d: %d %v", status, order, a.status, a.body)
	}
	return a.text("outcome")
}

func (r *rig) event(order int64, status, key string) reply {
	r.Helper()
	body := eventBody(order, status, key)
	return r.send("POST", api.PathWebhook, body, sign(testSecret, body, time.Now()))
}

// lapse lets a hold's time pass. Its decision times move with it, as if everything had happened earlier.
func (r *rig) lapse(hold int64) {
	r.Helper()
	r.exec(`UPDATE holds SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ?`, hold)
}

func (r *rig) sweep() {
	r.Helper()
	if err := r.shop.sweep(r.Context()); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) exec(text string, args ...any) {
	r.Helper()
	if _, err := r.db.Exec(text, args...); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) count(text string, args ...any) int64 {
	r.Helper()
	var n sql.NullInt64
	if err := r.db.QueryRow(text, args...).Scan(&n); err != nil {
		r.Fatalf("%s: %v", text, err)
	}
	return n.Int64
}

func (r *rig) holdStatus(id int64) string {
	r.Helper()
	return r.send("GET", fmt.Sprintf("%s/%d", api.PathHolds, id), "", nil).text("status")
}

func (r *rig) orderStatus(id int64) string {
	r.Helper()
	return r.send("GET", fmt.Sprintf("%s/%d", api.PathOrders, id), "", nil).text("status")
}

func (r *rig) available(product int64) int64 {
	r.Helper()
	return r.send("GET", fmt.Sprintf("%s%d", api.PathProducts, product), "", nil).int("available_stock")
}

func (r *rig) sold(product int64) int64 {
	r.Helper()
	return r.count("SELECT stock_sold FROM products WHERE id = ?", product)
}
