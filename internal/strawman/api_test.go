package strawman

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"flashsale/internal/api"
)

// TestEveryProblem sends what is wrong in one way, or in several, and expects the status that comes first.
func TestEveryProblem(t *testing.T) {
	r := start(t)
	product := r.product(5)
	big := strings.Repeat(" ", api.BodyBytesMax) + "{}"
	deep := func(arrays int) string {
		return `{"product_id":1,"qty":1,"x":` + strings.Repeat("[", arrays) + strings.Repeat("]", arrays) + "}"
	}
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		problem                  string
	}{
		{"no such path", "GET", "/api/nothing", "", nil, 404, api.ProblemNotFound},
		{"no such product", "GET", "/api/products/999", "", nil, 404, api.ProblemNotFound},
		{"product zero", "GET", "/api/products/0", "", nil, 404, api.ProblemNotFound},
		{"product by name", "GET", "/api/products/lamp", "", nil, 404, api.ProblemNotFound},
		{"product with a sign", "GET", "/api/products/+1", "", nil, 404, api.ProblemNotFound},
		{"product 2^63", "GET", "/api/products/9223372036854775808", "", nil, 404, api.ProblemNotFound},
		{"no such hold", "GET", "/api/holds/999", "", nil, 404, api.ProblemNotFound},
		{"no such order", "GET", "/api/orders/999", "", nil, 404, api.ProblemNotFound},

		{"method, product", "POST", "/api/products/1", "", nil, 405, api.ProblemMethod},
		{"method, holds", "GET", "/api/holds", "", nil, 405, api.ProblemMethod},
		{"method before body", "PUT", "/api/orders", big, nil, 405, api.ProblemMethod},
		{"method before signature", "GET", "/api/payments/webhook", "", nil, 405, api.ProblemMethod},

		{"65 KiB", "POST", "/api/holds", big, nil, 413, api.ProblemTooLarge},
		{"65 KiB webhook", "POST", "/api/payments/webhook", big, nil, 413, api.ProblemTooLarge},
		{"900 KiB", "POST", "/api/orders", strings.Repeat("x", 900<<10), nil, 413, api.ProblemTooLarge},

		{"empty", "POST", "/api/holds", "", nil, 400, api.ProblemMalformed},
		{"not JSON", "POST", "/api/orders", "hold_id=1", nil, 400, api.ProblemMalformed},
		{"not JSON before its key", "POST", "/api/orders", "{", keyed(strings.Repeat("k", 300)), 400,
			api.ProblemMalformed},
		{"two values", "POST", "/api/holds", holdBody(product, 1) + "{}", nil, 400, api.ProblemMalformed},
		{"33 levels", "POST", "/api/holds", deep(31), nil, 400, api.ProblemMalformed},
		{"lone surrogate", "POST", "/api/holds", `{"product_id":1,"qty":1,"x":"\ud800"}`, nil, 400,
			api.ProblemMalformed},
		{"not UTF-8", "POST", "/api/holds", "{\"product_id\":1,\"qty\":1,\"x\":\"\xff\"}", nil, 400,
			api.ProblemMalformed},
		{"a name twice", "POST", "/api/holds", `{"product_id":1,"qty":1,"qty":2}`, nil, 400, api.ProblemMalformed},
		{"past a double", "POST", "/api/holds", `{"product_id":1,"qty":1e999}`, nil, 400, api.ProblemMalformed},

		{"an array", "POST", "/api/holds", "[]", nil, 422, api.ProblemInvalid},
		{"null", "POST", "/api/holds", "null", nil, 422, api.ProblemInvalid},
		{"missing qty", "POST", "/api/holds", `{"product_id":1}`, nil, 422, api.ProblemInvalid},
		{"missing product", "POST", "/api/holds", `{"qty":1}`, nil, 422, api.ProblemInvalid},
		{"missing hold", "POST", "/api/orders", `{"order_id":1}`, nil, 422, api.ProblemInvalid},
		{"null hold", "POST", "/api/orders", `{"hold_id":null}`, nil, 422, api.ProblemInvalid},
		{"id as a string", "POST", "/api/orders", `{"hold_id":"1"}`, nil, 422, api.ProblemInvalid},
		{"nested id", "POST", "/api/orders", `{"hold_id":{"hold_id":1}}`, nil, 422, api.ProblemInvalid},
		{"half a unit", "POST", "/api/holds", `{"product_id":1,"qty":0.5}`, nil, 422, api.ProblemInvalid},
		{"qty 0", "POST", "/api/holds", holdBody(product, 0), nil, 422, api.ProblemInvalid},
		{"qty -1", "POST", "/api/holds", holdBody(product, -1), nil, 422, api.ProblemInvalid},
		{"qty over the limit", "POST", "/api/holds", holdBody(product, 1001), nil, 422, api.ProblemInvalid},
		{"qty 2^63", "POST", "/api/holds", `{"product_id":1,"qty":9223372036854775808}`, nil, 422, api.ProblemInvalid},
		{"422 before 404", "POST", "/api/holds", holdBody(999, 0), nil, 422, api.ProblemInvalid},
		{"empty key", "POST", "/api/holds", holdBody(product, 1), map[string]string{"Idempotency-Key": ""}, 422,
			api.ProblemInvalid},
		{"key of 256", "POST", "/api/holds", holdBody(product, 1), keyed(strings.Repeat("k", 256)), 422,
			api.ProblemInvalid},
		{"unknown product", "POST", "/api/holds", holdBody(999, 1), keyed("k"), 404, api.ProblemNotFound},
		{"unknown hold", "POST", "/api/orders", orderBody(999), nil, 404, api.ProblemNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := r.send(c.method, c.path, c.body, c.header)
			if a.status != c.status || a.problem() != c.problem || a.int("status") != int64(c.status) ||
				a.text("title") == "" || a.header.Get("Content-Type") != api.ContentTypeProblem {
				t.Errorf("%d %v %v; want %d %s", a.status, a.header, a.body, c.status, c.problem)
			}
			if c.status == 405 && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
	if n := r.count("SELECT COUNT(*) FROM holds"); n != 0 {
		t.Errorf("the refused requests left %d holds", n)
	}
	if a := r.send("POST", api.PathHolds, deep(30), nil); a.status != http.StatusCreated {
		t.Errorf("32 levels: %d %v", a.status, a.body)
	}
}

// TestUnreadableRequests speaks to the socket itself: no client would send these.
func TestUnreadableRequests(t *testing.T) {
	r := start(t)
	for request, want := range map[string]string{
		"POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n": api.ProblemTooLarge,
		"hello\r\n\r\n": api.ProblemMalformed,
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(conn)
		if err != nil || !strings.Contains(string(all), `"type":"`+want+`"`) {
			t.Errorf("%q: %s, %v; want %s", request, all, err, want)
		}
		conn.Close()
	}
}

func TestSignatures(t *testing.T) {
	r := start(t)
	order := r.order(r.hold(r.product(5), 1))
	body := eventBody(order, api.PaymentSuccess, "evt")
	now := time.Now()
	without := func(name string) map[string]string {
		header := sign(testSecret, body, now)
		delete(header, name)
		return header
	}
	for name, header := range map[string]map[string]string{
		"unsigned":          nil,
		"no id":             without(api.HeaderWebhookID),
		"no timestamp":      without(api.HeaderWebhookTimestamp),
		"no signature":      without(api.HeaderWebhookSignature),
		"forged":            sign("whsec_Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk", body, now),
		"stale":             sign(testSecret, body, now.Add(-api.WebhookTolerance-10*time.Second)),
		"from the future":   sign(testSecret, body, now.Add(api.WebhookTolerance+10*time.Second)),
		"another body's":    sign(testSecret, body+" ", now),
		"another timestamp": sign(testSecret, body, now),
	} {
		if name == "another timestamp" {
			header[api.HeaderWebhookTimestamp] = fmt.Sprint(now.Unix() + 1)
		}
		a := r.send("POST", api.PathWebhook, body, header)
		if a.status != http.StatusUnauthorized || a.problem() != api.ProblemSignature {
			t.Errorf("%s: %d %v", name, a.status, a.body)
		}
	}
	if a := r.send("POST", api.PathWebhook, "not JSON", nil); a.status != http.StatusUnauthorized {
		t.Errorf("unsigned and not JSON: %d %v", a.status, a.body)
	}
	if n := r.count("SELECT COUNT(*) FROM payment_events"); n != 0 {
		t.Errorf("refused webhooks left %d events", n)
	}

	// Signed rightly, what is inside is looked at.
	signed := func(body string) reply {
		return r.send("POST", api.PathWebhook, body, sign(testSecret, body, time.Now()))
	}
	for body, problem := range map[string]string{
		"not JSON": api.ProblemMalformed,
		`{"order_id":1,"status":"refunded","idempotency_key":"k"}`:                   api.ProblemInvalid,
		`{"order_id":1,"status":7,"idempotency_key":"k"}`:                            api.ProblemInvalid,
		`{"order_id":1,"status":"success","idempotency_key":7}`:                      api.ProblemInvalid,
		`{"order_id":0,"status":"success","idempotency_key":"k"}`:                    api.ProblemInvalid,
		eventBody(order, api.PaymentSuccess, ""):                                     api.ProblemInvalid,
		eventBody(order, api.PaymentSuccess, strings.Repeat("k", 300)):               api.ProblemInvalid,
		`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + "," + body[1:]: api.ProblemMalformed,
		`{"x":"\udfff",` + body[1:]:                                                  api.ProblemMalformed,
		eventBody(9999, api.PaymentSuccess, "evt"):                                   api.ProblemNotFound,
	} {
		if a := signed(body); a.problem() != problem {
			t.Errorf("%s: %d %v; want %s", body, a.status, a.body, problem)
		}
	}
	// The older secret still counts, and what is accepted can be stored: unknown members, deep, with all JSON has.
	edge := `{"x":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) +
		`,"y":[-0.0,1e-400,1E+5,12345678901234567890123,true,null,{},"\u0000\ud83d\ude00\/😀` + "\uffff" + `"],` + body[1:]
	a := r.send("POST", api.PathWebhook, edge, sign(otherSecret, edge, time.Now()))
	if a.status != http.StatusOK || a.text("message") != api.MessagePaymentHandled {
		t.Errorf("another secret of ours: %d %v", a.status, a.body)
	}
	if n := r.count("SELECT COUNT(*) FROM payment_events WHERE raw_payload = ?", edge); n != 1 {
		t.Error("the payload was not stored as it came")
	}
}

func TestReads(t *testing.T) {
	r := start(t)
	product := r.product(5)
	hold := r.hold(product, 2)
	order := r.order(hold)
	for path, want := range map[string]string{
		fmt.Sprint("/api/products/", product): fmt.Sprintf(
			"map[available_stock:3 id:%d name:Lamp price:250]", product),
		fmt.Sprint("/api/orders/", order): fmt.Sprintf(
			"map[hold_id:%d order_id:%d product_id:%d qty:2 status:pending total_price:500]", hold, order, product),
	} {
		a := r.send("GET", path, "", nil)
		if got := fmt.Sprint(a.body); a.status != http.StatusOK || got != want ||
			a.header.Get("Content-Type") != api.ContentTypeJSON {
			t.Errorf("%s: %d %s; want %s", path, a.status, got, want)
		}
	}
	a := r.send("GET", fmt.Sprint("/api/holds/", hold), "", nil)
	if a.int("hold_id") != hold || a.int("product_id") != product || a.int("qty") != 2 ||
		a.text("status") != api.HoldUsed || a.text("expires_at") == "" {
		t.Errorf("hold: %d %v", a.status, a.body)
	}
	if a := r.send("HEAD", fmt.Sprint("/api/holds/", hold), "", nil); a.status != http.StatusOK || a.body != nil {
		t.Errorf("HEAD: %d %v", a.status, a.body)
	}
}
