package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

// The test binary stands for the server too, where one is to be frozen or killed.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		if err := childMain(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(labs.MainWithoutLeaks(m.Run))
}

// shop is a server that runs in the test, and a client that holds every answer against openapi.yaml.
type shop struct {
	t      *testing.T
	server *Server
	url    string
	admin  string
	secret string
	db     *sql.DB
	client *http.Client
	spec   *spec
	keys   string       // prefix of this shop's idempotency keys
	stop   func() error // drains the server
}

func newSecret(t *testing.T) string {
	t.Helper()
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

func testConfig(t *testing.T) Config {
	t.Helper()
	l, err := labs.Database()
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.DSN = l.DSN()
	c.Secrets = []string{newSecret(t), newSecret(t)}
	c.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return c
}

// listen opens both addresses of a server at once, so that a test knows them.
func listen(t *testing.T) (at addresses, url string) {
	t.Helper()
	var listeners [2]net.Listener
	for i := range listeners {
		var err error
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listeners[i].Close() }) // the server has closed it, unless it never served
	}
	at = addresses{admin: listeners[0], api: func() (net.Listener, error) { return listeners[1], nil }}
	return at, "http://" + listeners[1].Addr().String()
}

func open(t *testing.T, change func(*Config)) *shop {
	t.Helper()
	c := testConfig(t)
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	at, url := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, at) }()
	l, err := labs.Database()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	shop := &shop{t: t, server: s, url: url, admin: "http://" + at.admin.Addr().String(),
		db: l.DB(), client: &http.Client{Timeout: 30 * time.Second, Transport: transport}, spec: loadSpec(t), keys: rand.Text()}
	if len(c.Secrets) > 0 {
		shop.secret = c.Secrets[0]
	}
	stopped := false
	shop.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		transport.CloseIdleConnections()
		return <-done
	}
	t.Cleanup(func() {
		if err := shop.stop(); err != nil {
			t.Error("drain:", err)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	shop.await("serving", func() bool { return s.phase.Load() == serving })
	return shop
}

// answered is an answer that has passed the specification.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (s *shop) do(request *http.Request) answered {
	s.t.Helper()
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answered{response.StatusCode, response.Header, body}
	if err := s.spec.check(request, a); err != nil {
		s.t.Errorf("%s %s answered %d %s: %v", request.Method, request.URL.Path, a.status, body, err)
	}
	return a
}

// probe asks the admin address; status 0: nobody answers.
func (s *shop) probe(path string) (status int, text string) {
	s.t.Helper()
	response, err := s.client.Get(s.admin + path)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

// await waits for a condition that something else brings about.
func (s *shop) await(what string, condition func() bool) {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			s.t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func (s *shop) request(method, path string, body []byte, headers ...string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func (s *shop) get(path string) answered { s.t.Helper(); return s.do(s.request("GET", path, nil)) }

func (s *shop) post(path, body string, headers ...string) answered {
	s.t.Helper()
	return s.do(s.request("POST", path, []byte(body), headers...))
}

// signed returns the headers of a webhook as the provider would send it.
func signed(t *testing.T, secret, id string, at time.Time, body string) []string {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return []string{api.HeaderWebhookID, id, api.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10), api.HeaderWebhookSignature, signature}
}

func (s *shop) webhook(body string) answered {
	s.t.Helper()
	return s.post(api.PathWebhook, body, signed(s.t, s.secret, "msg_1", time.Now(), body)...)
}

func (s *shop) pay(order int64, status, key string) answered {
	s.t.Helper()
	return s.webhook(fmt.Sprintf(`{"order_id":%d,"status":%q,"idempotency_key":%q}`, order, status, s.keys+key))
}

// lapse makes the time of holds be up. It does not look at their products, which may be locked: MariaDB would, for the
// index of the foreign key has the time in it.
func (s *shop) lapse(holds ...int64) {
	s.t.Helper()
	conn, err := s.db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	exec := func(query string, args ...any) {
		s.t.Helper()
		if _, err := conn.ExecContext(s.t.Context(), query, args...); err != nil {
			s.t.Fatal(err)
		}
	}
	exec("SET foreign_key_checks = 0")
	for _, id := range holds {
		exec("UPDATE holds SET expires_at = UTC_TIMESTAMP(6) WHERE id = ?", id)
	}
	exec("SET foreign_key_checks = 1")
}

func (s *shop) product(stock int64) int64 {
	s.t.Helper()
	id, err := AddProduct(s.t.Context(), s.db, "Phone", 250, stock)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// decode reads an answer that must have the status.
func decode[T any](t *testing.T, a answered, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("answered %d %s, want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

func (s *shop) wantProblem(a answered, status int, kind string) api.Problem {
	s.t.Helper()
	p := decode[api.Problem](s.t, a, status)
	if p.Type != kind || p.Status != status || a.header.Get("Content-Type") != api.ContentTypeProblem {
		s.t.Errorf("problem %s (%s), want %s", a.body, a.header.Get("Content-Type"), kind)
	}
	return p
}

func (s *shop) hold(product, qty int64) api.HoldCreated {
	s.t.Helper()
	return decode[api.HoldCreated](s.t, s.post(api.PathHolds, holdOf(product, qty)), 201)
}

func (s *shop) order(hold int64) api.OrderCreated {
	s.t.Helper()
	return decode[api.OrderCreated](s.t, s.post(api.PathOrders, fmt.Sprintf(`{"hold_id":%d}`, hold)), 201)
}

func (s *shop) available(product int64) int64 {
	s.t.Helper()
	return decode[api.Product](s.t, s.get(api.PathProducts+strconv.FormatInt(product, 10)), 200).AvailableStock
}

// rows counts everything that a request could leave behind for a product.
func (s *shop) rows() (n int64) {
	s.t.Helper()
	err := s.db.QueryRow(`SELECT (SELECT COUNT(*) FROM holds) + (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM payment_events)`).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
