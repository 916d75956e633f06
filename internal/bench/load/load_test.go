package load_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
	"flashsale/internal/bench/load"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// shop is a checkout that grants everything and checks that it is asked properly.
type shop struct {
	*httptest.Server
	holds, orders, events atomic.Int64
	mu                    sync.Mutex
	keys                  map[string]bool
}

func newShop(t *testing.T) *shop {
	s := &shop{keys: map[string]bool{}}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+api.PathHolds, func(w http.ResponseWriter, r *http.Request) {
		var hold api.HoldRequest
		if err := json.NewDecoder(r.Body).Decode(&hold); err != nil || hold.Qty < 1 {
			t.Errorf("hold %+v: %v", hold, err)
		}
		if hold.ProductID == 2 {
			answer(w, http.StatusConflict, api.Problem{Type: api.ProblemNotEnoughStock})
			return
		}
		if key := r.Header.Get(api.HeaderIdempotencyKey); key != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.keys[key] {
				t.Errorf("key %s came again", key)
			}
			s.keys[key] = true
		}
		answer(w, http.StatusCreated, api.HoldCreated{HoldID: s.holds.Add(1)})
	})
	mux.HandleFunc("POST "+api.PathOrders, func(w http.ResponseWriter, r *http.Request) {
		var order api.OrderRequest
		if err := json.NewDecoder(r.Body).Decode(&order); err != nil || order.HoldID < 1 || order.HoldID > s.holds.Load() {
			t.Errorf("order %+v: %v", order, err)
		}
		answer(w, http.StatusCreated, api.OrderCreated{OrderID: s.orders.Add(1)})
	})
	mux.HandleFunc("POST "+api.PathWebhook, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		if _, err := r.Body.Read(body); err != nil && err.Error() != "EOF" {
			t.Error(err)
		}
		if err := hook.Verify(body, r.Header); err != nil {
			t.Errorf("webhook %s: %v", body, err)
		}
		s.events.Add(1)
		answer(w, http.StatusOK, api.WebhookAnswer{})
	})
	mux.HandleFunc("GET "+api.PathProducts+"1", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, api.Product{ID: 1})
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that hung up
}

func closed(s *shop) load.Closed {
	return load.Closed{URLs: []string{s.URL}, Connections: 4, WarmUp: 10 * time.Millisecond, Measure: 50 * time.Millisecond}
}

func TestClosedLoopOfEveryKind(t *testing.T) {
	checkouts, err := load.Checkouts(1, secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, work := range map[string]func(int) load.Work{
		"holds": load.Holds(1), "keyed": load.KeyedHolds(1, "run"), "checkouts": checkouts, "reads": load.Reads(1),
		"sold out": load.SoldOut(2),
	} {
		t.Run(name, func(t *testing.T) {
			s, marks := newShop(t), 0
			c := closed(s)
			c.Latencies, c.Mark = true, func() { marks++ }
			result, err := c.Run(t.Context(), work)
			if err != nil {
				t.Fatal(err)
			}
			if result.Units < 1 || result.Answers < 1 || result.Rate() <= 0 || marks != 2 || result.Latencies.Quantile(0.5) <= 0 {
				t.Errorf("%+v, %d marks", result, marks)
			}
			holds, orders, events := s.holds.Load(), s.orders.Load(), s.events.Load()
			switch name {
			case "holds", "keyed":
				if holds != result.Units {
					t.Errorf("%d holds, %d units", holds, result.Units)
				}
			case "checkouts":
				if holds != result.Units || orders != holds || events != 3*holds {
					t.Errorf("%d holds, %d orders, %d deliveries, %d units", holds, orders, events, result.Units)
				}
			}
		})
	}
}

func TestKeysOutliveTheirDigits(t *testing.T) {
	s := newShop(t)
	work := load.KeyedHolds(1, "run")(0)
	for range 2 {
		if err := load.Once(t.Context(), s.URL, func(c *load.Conn) error {
			for range 60 {
				if err := work(c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.keys) != 120 || !s.keys["run-0-000000000100"] {
		t.Errorf("%d keys", len(s.keys))
	}
}

func TestWrongAnswerEndsTheLoad(t *testing.T) {
	_, err := closed(newShop(t)).Run(t.Context(), load.Holds(2))
	if err == nil || err.Error()[:20] != "POST /api/holds HTTP" {
		t.Errorf("got %v", err)
	}
}

func TestCancelledLoadCutsItsCalls(t *testing.T) {
	asked := make(chan struct{}, 16)
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer s.Close()
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	c := load.Closed{URLs: []string{s.URL}, Connections: 2, Measure: time.Hour}
	if _, err := c.Run(ctx, load.Reads(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpenLoopKeepsItsSchedule(t *testing.T) {
	s := newShop(t)
	open := load.Open{URLs: []string{s.URL}, Connections: 4, Rate: 500, WarmUp: 40 * time.Millisecond,
		Measure: 160 * time.Millisecond, Seed: 7}
	result, err := open.Run(t.Context(), load.Holds(1))
	if err != nil {
		t.Fatal(err)
	}
	if result.Units != s.holds.Load() || result.Units < 50 || result.Units > 200 {
		t.Errorf("%d units, %d holds; 100 were to be expected", result.Units, s.holds.Load())
	}
	if n := int64(len(result.Latencies)); n >= result.Units || n == 0 || result.Late > n {
		t.Errorf("%d of %d measured, %d late", n, result.Units, result.Late)
	}
	again, err := open.Run(t.Context(), load.Holds(1))
	if err != nil || again.Units != result.Units {
		t.Errorf("the same seed made %d arrivals, then %d: %v", result.Units, again.Units, err)
	}
}

func TestQuantile(t *testing.T) {
	var l load.Latencies
	if l.Quantile(0.99) != 0 {
		t.Error("something of nothing")
	}
	for i := range 100 {
		l = append(l, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.99: 99, 0.999: 100, 1: 100} {
		if got := l.Quantile(q); got != want {
			t.Errorf("%v: %d, not %d", q, got, want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"not HTTP": "SSH-2.0-OpenSSH_9.2\r\n\r\n", "no length": "HTTP/1.1 200 OK\r\n\r\n",
		"bad length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"bad status": "HTTP/1.1 2x0 OK\r\n\r\n", "too long": fmt.Sprintf("HTTP/1.1 200 OK\r\nX: %0*d", 20_000, 0),
		"too much": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", "cut": "HTTP/1.1 200 OK\r\nContent-Le",
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = conn.Write([]byte(body)) // a client that gave up
			}))
			defer s.Close()
			if err := load.Once(t.Context(), s.URL, load.Reads(1)(0)); err == nil {
				t.Error("it was taken for an answer")
			}
		})
	}
}
