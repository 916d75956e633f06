package server

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

func TestAPurchaseFromProductToPaid(t *testing.T) {
	s := open(t, nil)
	id := s.product(10)
	path := api.PathProducts + strconv.FormatInt(id, 10)
	p := decode[api.Product](t, s.get(path), 200)
	if p != (api.Product{ID: id, Name: "Phone", Price: 250, AvailableStock: 10}) {
		t.Errorf("product %+v", p)
	}
	before := time.Now()
	hold := s.hold(id, 3)
	if left := hold.ExpiresAt.Sub(before); left < api.HoldTTLDefault-time.Minute || left > api.HoldTTLDefault+time.Minute {
		t.Errorf("the hold expires in %v", left)
	}
	if n := s.available(id); n != 7 {
		t.Errorf("%d available, want 7", n)
	}
	order := s.order(hold.HoldID)
	if order.TotalPrice != 750 || order.Qty != 3 || order.Status != api.OrderPending {
		t.Errorf("order %+v", order)
	}
	if o := decode[api.Order](t, s.get(api.PathOrders+"/"+strconv.FormatInt(order.OrderID, 10)), 200); o.Status != api.OrderPending || o.HoldID != hold.HoldID || o.ProductID != id {
		t.Errorf("order %+v", o)
	}
	w := decode[api.WebhookAnswer](t, s.pay(order.OrderID, "success", "evt"), 200)
	if w != (api.WebhookAnswer{Message: "Payment handled", OrderStatus: "paid", Outcome: "paid"}) {
		t.Errorf("webhook %+v", w)
	}
	if w := decode[api.WebhookAnswer](t, s.pay(order.OrderID, "success", "evt"), 200); w.Message != "Already processed" || w.Outcome != "paid" {
		t.Errorf("second delivery %+v", w)
	}
	h := decode[api.Hold](t, s.get(api.PathHolds+"/"+strconv.FormatInt(hold.HoldID, 10)), 200)
	if h.Status != api.HoldCompleted || h.Qty != 3 || !h.ExpiresAt.Equal(hold.ExpiresAt) {
		t.Errorf("hold %+v", h)
	}
	if n := s.available(id); n != 7 {
		t.Errorf("%d available after the sale, want 7", n)
	}
}

func TestRefusals(t *testing.T) {
	s := open(t, func(c *Config) { c.SweepInterval = time.Hour })
	id := s.product(2)
	if p := s.wantProblem(s.post(api.PathHolds, fmt.Sprintf(`{"product_id":%d,"qty":3}`, id)), 409, api.ProblemNotEnoughStock); p.AvailableStock == nil || *p.AvailableStock != 2 {
		t.Errorf("%+v", p)
	}
	s.wantProblem(s.post(api.PathHolds, `{"product_id":999999999,"qty":1}`), 404, api.ProblemNotFound)
	s.wantProblem(s.post(api.PathOrders, `{"hold_id":999999999}`), 404, api.ProblemNotFound)
	s.wantProblem(s.pay(999999999, "success", "e0"), 404, api.ProblemNotFound)
	for _, path := range []string{"/api/products/999999999", "/api/holds/999999999", "/api/orders/999999999",
		"/api/products/0", "/api/products/-1", "/api/products/1x", "/api/products/01", "/api/products/", "/", "/api", "/api/holds/99999999999999999999"} {
		s.wantProblem(s.get(path), 404, api.ProblemNotFound)
	}
	hold := s.hold(id, 2)
	order := s.order(hold.HoldID)
	if p := s.wantProblem(s.post(api.PathOrders, fmt.Sprintf(`{"hold_id":%d}`, hold.HoldID)), 409, api.ProblemHoldAlreadyUsed); p.OrderID == nil || *p.OrderID != order.OrderID {
		t.Errorf("%+v", p)
	}
	if w := decode[api.WebhookAnswer](t, s.pay(order.OrderID, "failure", "e1"), 200); w.Outcome != api.OutcomeCanceled || w.OrderStatus != api.OrderCanceled {
		t.Errorf("%+v", w)
	}
	s.wantProblem(s.post(api.PathOrders, fmt.Sprintf(`{"hold_id":%d}`, hold.HoldID)), 409, api.ProblemHoldCanceled)
	s.wantProblem(s.pay(order.OrderID, "success", "e1"), 422, api.ProblemKeyReused)
	s.wantProblem(s.pay(999999999, "failure", "e1"), 422, api.ProblemKeyReused) // the key is told before the 404

	lapsed := s.hold(id, 2)
	s.lapse(lapsed.HoldID)
	if n := s.available(id); n != 2 {
		t.Errorf("%d available although a hold has lapsed, want 2", n)
	}
	s.wantProblem(s.post(api.PathOrders, fmt.Sprintf(`{"hold_id":%d}`, lapsed.HoldID)), 409, api.ProblemHoldExpired)
}

func TestIdempotencyKeys(t *testing.T) {
	s := open(t, nil)
	id := s.product(10)
	body := fmt.Sprintf(`{"product_id":%d,"qty":1}`, id)
	key := func(k string) []string { return []string{api.HeaderIdempotencyKey, s.keys + k} }
	first := s.post(api.PathHolds, body, key("A")...)
	again := s.post(api.PathHolds, body, key("A")...)
	other := s.post(api.PathHolds, body, key("a")...)
	if again.status != 201 || !bytes.Equal(first.body, again.body) || again.header.Get(api.HeaderIdempotentReplayed) != "true" {
		t.Errorf("%s then %s", first.body, again.body)
	}
	if bytes.Equal(first.body, other.body) || first.header.Get(api.HeaderIdempotentReplayed) != "" || other.header.Get(api.HeaderIdempotentReplayed) != "" {
		t.Errorf("keys A and a are one: %s, %s", first.body, other.body)
	}
	s.wantProblem(s.post(api.PathHolds, fmt.Sprintf(`{"product_id":%d,"qty":2}`, id), key("A")...), 422, api.ProblemKeyReused)
	hold := decode[api.HoldCreated](t, first, 201).HoldID
	order := fmt.Sprintf(`{"hold_id":%d}`, hold)
	made := s.post(api.PathOrders, order, key("A")...) // one key space per endpoint
	replayed := s.post(api.PathOrders, order, key("A")...)
	if made.status != 201 || !bytes.Equal(made.body, replayed.body) || replayed.header.Get(api.HeaderIdempotentReplayed) != "true" {
		t.Errorf("%s then %s", made.body, replayed.body)
	}
	s.wantProblem(s.post(api.PathOrders, `{"hold_id":999999999}`, key("A")...), 422, api.ProblemKeyReused)
	// A replay gets the first success, whatever has become of the order since.
	decode[api.WebhookAnswer](t, s.pay(decode[api.OrderCreated](t, made, 201).OrderID, "success", "e"), 200)
	if a := s.post(api.PathOrders, order, key("A")...); !bytes.Equal(a.body, made.body) {
		t.Errorf("%s, first %s", a.body, made.body)
	}
	// Refusals are not stored.
	s.wantProblem(s.post(api.PathHolds, fmt.Sprintf(`{"product_id":%d,"qty":100}`, id), key("later")...), 409, api.ProblemNotEnoughStock)
	if err := Restock(t.Context(), s.db, id, 200); err != nil {
		t.Fatal(err)
	}
	decode[api.HoldCreated](t, s.post(api.PathHolds, fmt.Sprintf(`{"product_id":%d,"qty":100}`, id), key("later")...), 201)

	s.wantProblem(s.post(api.PathHolds, body, api.HeaderIdempotencyKey, ""), 422, api.ProblemInvalid)
	s.wantProblem(s.post(api.PathHolds, body, api.HeaderIdempotencyKey, strings.Repeat("k", 300)), 422, api.ProblemInvalid)
	s.wantProblem(s.post(api.PathHolds, body, api.HeaderIdempotencyKey, "x", api.HeaderIdempotencyKey, "y"), 422, api.ProblemInvalid)
	long := s.keys + strings.Repeat("k", api.KeyBytesMax-len(s.keys))
	decode[api.HoldCreated](t, s.post(api.PathHolds, body, api.HeaderIdempotencyKey, long), 201)
}

// Wrong input gets the right status and has no effect.
func TestWrongInput(t *testing.T) {
	s := open(t, nil)
	id := s.product(1000)
	order := s.order(s.hold(id, 1).HoldID).OrderID
	before, available := s.rows(), s.available(id)
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	holds := map[string]int{
		"": 400, "{": 400, "hello": 400, `{"product_id":1,"qty":1}}`: 400,
		fmt.Sprintf(`{"product_id":%d,"qty":1,"x":%s}`, id, deep): 400,
		fmt.Sprintf(`{"product_id":%d,"qty":1,"x":"\ud800"}`, id): 400,
		"[]": 422, "null": 422, "{}": 422, `{"qty":1}`: 422,
		fmt.Sprintf(`{"product_id":%d}`, id):                                               422,
		fmt.Sprintf(`{"product_id":"%d","qty":1}`, id):                                     422,
		fmt.Sprintf(`{"product_id":%d,"qty":"1"}`, id):                                     422,
		fmt.Sprintf(`{"product_id":%d,"qty":0}`, id):                                       422,
		fmt.Sprintf(`{"product_id":%d,"qty":-1}`, id):                                      422,
		fmt.Sprintf(`{"product_id":%d,"qty":1.5}`, id):                                     422,
		fmt.Sprintf(`{"product_id":%d,"qty":1001}`, id):                                    422,
		fmt.Sprintf(`{"product_id":%d,"qty":1000000000}`, id):                              422,
		fmt.Sprintf(`{"product_id":%d,"qty":9223372036854775808}`, id):                     422,
		`{"product_id":999999999,"qty":0}`:                                                 422, // before 404
		fmt.Sprintf(`{"product_id":%d,"qty":1,"x":"%s"}`, id, strings.Repeat("x", 65<<10)): 413,
	}
	kinds := map[int]string{400: api.ProblemMalformed, 413: api.ProblemTooLarge, 422: api.ProblemInvalid}
	for body, status := range holds {
		s.wantProblem(s.post(api.PathHolds, body), status, kinds[status])
	}
	// Far beyond the limit the server stops reading: whether its 413 still gets through is the network's luck.
	huge := fmt.Sprintf(`{"product_id":%d,"qty":1,"x":"%s"}`, id, strings.Repeat("x", 3<<20))
	if r, err := s.client.Do(s.request("POST", api.PathHolds, []byte(huge))); err == nil {
		r.Body.Close()
		if r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("3 MiB: %d", r.StatusCode)
		}
	}
	for body, status := range map[string]int{`{"hold_id":"1"}`: 422, `{"hold_id":0}`: 422, `{}`: 422, `x`: 400} {
		s.wantProblem(s.post(api.PathOrders, body), status, kinds[status])
	}
	hook := func(rest string) string { return fmt.Sprintf(`{"order_id":%d,%s}`, order, rest) }
	for body, status := range map[string]int{
		hook(`"status":"success"`): 422, hook(`"status":"success","idempotency_key":""`): 422,
		hook(`"status":"success","idempotency_key":7`):                                                 422,
		hook(`"status":"success","idempotency_key":"` + strings.Repeat("k", 300) + `"`):                422,
		hook(`"status":"paid","idempotency_key":"k"`):                                                  422,
		hook(`"status":null,"idempotency_key":"k"`):                                                    422,
		hook(`"status":"success","idempotency_key":"k","x":` + deep):                                   400,
		hook(`"status":"success","idempotency_key":"k","x":"\udc00"`):                                  400,
		hook(`"status":"success","idempotency_key":"k","x":1e999`):                                     400,
		`{"order_id":"` + strconv.FormatInt(order, 10) + `","status":"success","idempotency_key":"k"}`: 422,
	} {
		s.wantProblem(s.webhook(body), status, kinds[status])
	}
	for _, c := range [][2]string{{"GET", api.PathHolds}, {"DELETE", api.PathOrders}, {"PUT", api.PathWebhook}, {"POST", "/api/products/1"}, {"PATCH", "/api/holds/1"}} {
		s.wantProblem(s.do(s.request(c[0], c[1], nil)), 405, api.ProblemMethod)
	}
	if after := s.rows(); after != before || s.available(id) != available {
		t.Errorf("wrong input left %d rows, and %d available instead of %d", after-before, s.available(id), available)
	}
}

func TestEventKeysAreBytes(t *testing.T) {
	s := open(t, nil)
	id := s.product(5)
	for _, k := range []string{"evt_A", "evt_a"} {
		order := s.order(s.hold(id, 1).HoldID)
		if w := decode[api.WebhookAnswer](t, s.pay(order.OrderID, "success", k), 200); w.Message != api.MessagePaymentHandled || w.Outcome != api.OutcomePaid {
			t.Errorf("%s: %+v", k, w)
		}
	}
}

// Whatever JSON the server lets through, the database must store: a refusal there would be a 500.
func TestAcceptedPayloadsAreStored(t *testing.T) {
	s := open(t, nil)
	id := s.product(20)
	for i, extra := range []string{
		strings.Repeat("[", api.JSONDepthMax-2) + "1" + strings.Repeat("]", api.JSONDepthMax-2),
		strings.Repeat(`{"a":`, api.JSONDepthMax-3) + "{}" + strings.Repeat("}", api.JSONDepthMax-3),
		`"\u0000 \ud83d\ude00 \\ \" ' ; -- 😀"`, "1e308", "-0.0", "123456789012345678901234567890", `"` + strings.Repeat("x", 60<<10) + `"`,
	} {
		order := s.order(s.hold(id, 1).HoldID).OrderID
		a := s.webhook(fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":"%s%d","extra":%s}`, order, s.keys, i, extra))
		decode[api.WebhookAnswer](t, a, 200)
	}
}

func TestSignatures(t *testing.T) {
	s := open(t, nil)
	order := s.order(s.hold(s.product(5), 1).HoldID).OrderID
	body := fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":"%s"}`, order, s.keys)
	before := s.rows()
	now := time.Now()
	without := func(drop string) (kept []string) {
		h := signed(t, s.secret, "m", now, body)
		for i := 0; i < len(h); i += 2 {
			if h[i] != drop {
				kept = append(kept, h[i], h[i+1])
			}
		}
		return kept
	}
	for name, headers := range map[string][]string{
		"unsigned":        nil,
		"forged":          signed(t, newSecret(t), "m", now, body),
		"stale":           signed(t, s.secret, "m", now.Add(-api.WebhookTolerance-time.Minute), body),
		"from the future": signed(t, s.secret, "m", now.Add(api.WebhookTolerance+time.Minute), body),
		"altered":         signed(t, s.secret, "m", now, strings.Replace(body, "success", "failure", 1)),
		"no id":           without(api.HeaderWebhookID),
		"no timestamp":    without(api.HeaderWebhookTimestamp),
		"no signature":    without(api.HeaderWebhookSignature),
		"another version": append(without(api.HeaderWebhookSignature), api.HeaderWebhookSignature, "v2,AAAA"),
		"bad timestamp":   append(without(api.HeaderWebhookTimestamp), api.HeaderWebhookTimestamp, "soon"),
	} {
		if a := s.post(api.PathWebhook, body, headers...); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		} else {
			s.wantProblem(a, 401, api.ProblemSignature)
		}
	}
	// The signature comes before everything else: forged nonsense is 401, not 400.
	s.wantProblem(s.post(api.PathWebhook, "nonsense", signed(t, newSecret(t), "m", now, "nonsense")...), 401, api.ProblemSignature)
	if s.rows() != before {
		t.Error("a refused webhook left a row")
	}
	// The second secret signs too, and several signatures may be given.
	headers := signed(t, s.server.cfg.Secrets[1], "m", now, body)
	headers[5] = "v1,AAAA " + headers[5]
	decode[api.WebhookAnswer](t, s.post(api.PathWebhook, body, headers...), 200)
}

func TestUnsignedWebhooksOnRequest(t *testing.T) {
	s := open(t, func(c *Config) { c.Secrets, c.AllowUnsigned = nil, true })
	order := s.order(s.hold(s.product(5), 1).HoldID).OrderID
	body := fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":"%s"}`, order, s.keys)
	decode[api.WebhookAnswer](t, s.post(api.PathWebhook, body), 200)
	c := testConfig(t)
	c.Secrets = nil
	if err := c.Validate(); err == nil {
		t.Error("a server without a secret starts")
	}
	c.Secrets = []string{"whsec_nonsense"}
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a bad secret: %v", err)
	}
}

func TestTheSweepReturnsLapsedStock(t *testing.T) {
	s := open(t, func(c *Config) { c.SweepInterval = 10 * time.Millisecond })
	id := s.product(4)
	abandoned, ordered := s.hold(id, 1).HoldID, s.hold(id, 3)
	order := s.order(ordered.HoldID).OrderID
	s.lapse(abandoned, ordered.HoldID)
	status := func(hold int64) string {
		return decode[api.Hold](t, s.get(api.PathHolds+"/"+strconv.FormatInt(hold, 10)), 200).Status
	}
	deadline := time.After(10 * time.Second)
	for status(abandoned) != api.HoldExpired || status(ordered.HoldID) != api.HoldExpired {
		select {
		case <-deadline:
			t.Fatal("lapsed holds never become expired")
		default:
		}
	}
	if n := s.available(id); n != 4 {
		t.Errorf("%d available, want 4", n)
	}
	if o := decode[api.Order](t, s.get(api.PathOrders+"/"+strconv.FormatInt(order, 10)), 200); o.Status != api.OrderPending {
		t.Errorf("the order of a lapsed hold is %s", o.Status)
	}
	if w := decode[api.WebhookAnswer](t, s.pay(order, "success", "late"), 200); w.Outcome != api.OutcomePaid {
		t.Errorf("late payment with stock left: %+v", w)
	}
}

func TestReadinessGoesFirstAndWhatWasAcceptedIsAnswered(t *testing.T) {
	s := open(t, nil)
	id := s.product(500)
	ready := func() int {
		r, err := s.client.Get(s.admin + "/readyz")
		if err != nil {
			return 0
		}
		defer r.Body.Close()
		return r.StatusCode
	}
	for ready() != http.StatusOK { // serve sets it after its listeners are open
		select {
		case <-t.Context().Done():
			t.Fatal("never ready")
		default:
		}
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for range 50 {
		wait.Go(func() {
			for {
				r, err := s.client.Post(s.url+api.PathHolds, api.ContentTypeJSON, strings.NewReader(fmt.Sprintf(`{"product_id":%d,"qty":1}`, id)))
				if err != nil {
					return // the server is gone
				}
				r.Body.Close()
				if r.StatusCode == 201 {
					mu.Lock()
					granted++
					mu.Unlock()
				} else if r.StatusCode != 409 {
					t.Errorf("answered %d while draining", r.StatusCode)
				}
			}
		})
	}
	for s.available(id) == 500 {
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	var rows int
	if err := s.db.QueryRow("SELECT COUNT(*) FROM holds WHERE product_id = ?", id).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != granted || rows == 0 {
		t.Errorf("%d holds in the database, %d answered", rows, granted)
	}
	if s.server.phase.Load() == serving || ready() == http.StatusOK {
		t.Error("ready after the drain")
	}
}

func TestMetricsAndOpenAPIAreServed(t *testing.T) {
	s := open(t, nil)
	s.hold(s.product(1), 1)
	for url, want := range map[string]string{
		s.admin + "/metrics":      `flashsale_requests_total{operation="hold",status="201"} 1`,
		s.admin + "/healthz":      "ok",
		s.url + api.PathOpenAPI:   "openapi: 3.1.0",
		s.admin + "/debug/pprof/": "goroutine",
	} {
		r, err := s.client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(r.Body); err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 || !strings.Contains(text.String(), want) {
			t.Errorf("%s: %d, without %q", url, r.StatusCode, want)
		}
	}
}

// A path counts as it was sent: what a proxy in front takes for another path must not get through.
func TestPathsCountAsTheyWereSent(t *testing.T) {
	s := open(t, nil)
	body := fmt.Sprintf(`{"product_id":%d,"qty":1}`, s.product(10))
	before := s.rows()
	for _, path := range []string{"/api//holds", "//api/holds", "/api%2Fholds", "/api/%68olds", "/api/products/../holds",
		"/api/products/%2e%2e/holds", "/api/./holds"} {
		r := s.request("POST", "/", []byte(body))
		r.URL.Opaque = strings.TrimPrefix(s.url, "http:") + path // sent to the letter
		if a := s.do(r); a.status != 404 && a.status != 405 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if after := s.rows(); after != before {
		t.Errorf("%d holds were made", after-before)
	}
	decode[api.HoldCreated](t, s.post(api.PathHolds+"?from=mail", body), 201)
}

// The signature is over the bytes that were sent, whatever they are said to be.
func TestBodiesAreNotTakenApart(t *testing.T) {
	s := open(t, nil)
	order := s.order(s.hold(s.product(5), 1).HoldID).OrderID
	body := fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":"%s"}`, order, s.keys)
	headers := append(signed(t, s.secret, "m", time.Now(), body), "Content-Type", "multipart/form-data; boundary=b")
	if w := decode[api.WebhookAnswer](t, s.post(api.PathWebhook, body, headers...), 200); w.Outcome != api.OutcomePaid {
		t.Errorf("%+v", w)
	}
}

// Products that do not exist cost no transaction, and a used key is told first all the same.
func TestUnknownProductsTakeNobodysTurn(t *testing.T) {
	s := open(t, nil)
	key := s.keys + "k"
	decode[api.HoldCreated](t, s.post(api.PathHolds, fmt.Sprintf(`{"product_id":%d,"qty":1}`, s.product(5)),
		api.HeaderIdempotencyKey, key), 201)
	transactions := func() string {
		r, err := s.client.Get(s.admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(r.Body); err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(text.String(), "\nflashsale_batch_commands_count ")
		count, _, _ := strings.Cut(after, "\n")
		return count
	}
	before := transactions()
	const unknown = `{"product_id":999999999,"qty":1}`
	s.wantProblem(s.post(api.PathHolds, unknown), 404, api.ProblemNotFound)
	s.wantProblem(s.post(api.PathHolds, unknown, api.HeaderIdempotencyKey, s.keys+"new"), 404, api.ProblemNotFound)
	s.wantProblem(s.post(api.PathHolds, unknown, api.HeaderIdempotencyKey, key), 422, api.ProblemKeyReused)
	if after := transactions(); after != before || before == "" {
		t.Errorf("%s transactions, then %s", before, after)
	}
}

// A webhook overtakes its own order: it finds none, then the order is made and another delivery served, and its key
// is in use. It is not somebody else's: it is answered as a replay.
func TestAKeyThatIsUsedBetweenTwoLooksIsTheRequestsOwn(t *testing.T) {
	s := open(t, nil)
	id := s.product(1)
	order := s.order(s.hold(id, 1).HoldID)
	key := s.keys + "overtaken"
	decode[api.WebhookAnswer](t, s.pay(order.OrderID, "success", "overtaken"), 200)
	looks := 0
	find := func(until time.Time) (int64, decide.Command, bool, error) {
		looks++
		route, _, err := s.server.routes.orderRoute(until, order.OrderID)
		return route.productID, decide.ApplyPayment{OrderID: order.OrderID, HoldID: route.holdID,
			Payment: "success", Key: key, RawPayload: "{}"}, looks > 1, err
	}
	a, ok := s.server.apply(new(fasthttp.RequestCtx), s.server.patience(), key, s.server.reads.eventKeyUsed, find)
	if !ok || looks != 2 || !a.Replayed || a.Outcome != "paid" {
		t.Errorf("answered %+v, %t, after %d looks; want the first answer again after 2", a, ok, looks)
	}
}

// Somebody keeps one product's row locked: the lapsed holds of all others are swept nevertheless.
func TestAStuckProductDoesNotStopTheSweep(t *testing.T) {
	s := open(t, func(c *Config) { c.SweepInterval, c.RequestTimeout = 50*time.Millisecond, 20*time.Second })
	stuck, free := s.product(5), s.product(5)
	never := s.hold(stuck, 1).HoldID
	blocker, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Rollback()
	if _, err := blocker.Exec("UPDATE products SET price = price + 1 WHERE id = ?", stuck); err != nil {
		t.Fatal(err)
	}
	s.lapse(never) // from here on every sweep finds it
	hold := s.hold(free, 1).HoldID
	s.lapse(hold)
	deadline := time.After(10 * time.Second)
	for decode[api.Hold](t, s.get(api.PathHolds+"/"+strconv.FormatInt(hold, 10)), 200).Status != api.HoldExpired {
		select {
		case <-deadline:
			t.Fatal("never swept")
		default:
		}
	}
	if decode[api.Hold](t, s.get(api.PathHolds+"/"+strconv.FormatInt(never, 10)), 200).Status != api.HoldActive {
		t.Error("the stuck product was swept: it was not stuck")
	}
}
