package balancer

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flashsale/internal/api"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")) // which lasts half a second
}

// patience is for what should happen at once, on a machine that is busy.
const patience = 10 * time.Second

// replica is a server that tells who it is, and is ready or not as it is told.
type replica struct {
	api, admin *httptest.Server
	ready      atomic.Bool
	frozen     sync.RWMutex // held by a test: questions get no answer
	served     atomic.Int64
	serve      http.HandlerFunc
}

// freeze keeps every question waiting until thaw is called, once or more often.
func (r *replica) freeze() (thaw func()) {
	r.frozen.Lock()
	return sync.OnceFunc(r.frozen.Unlock)
}

func newReplica(t *testing.T, name string) *replica {
	r := &replica{}
	r.ready.Store(true)
	r.serve = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }
	r.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.served.Add(1)
		r.serve(w, request)
	}))
	r.admin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r.frozen.RLock()
		defer r.frozen.RUnlock()
		if !r.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(r.api.Close)
	t.Cleanup(r.admin.Close)
	return r
}

// system is a balancer in front of replicas.
type system struct {
	*Balancer
	t      *testing.T
	addr   string
	client *http.Client
}

func newSystem(t *testing.T, replicas ...*replica) *system {
	t.Helper()
	listener := listen(t)
	s := &system{t: t, addr: listener.Addr().String(), client: &http.Client{Timeout: patience, Transport: &http.Transport{}}}
	var at []Backend
	for _, r := range replicas {
		at = append(at, Backend{URL: r.api.URL, Admin: r.admin.URL})
	}
	s.Balancer = Start(listener, at)
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// awaitReady waits until these replicas and no others are sent to.
func (s *system) awaitReady(want ...int) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		var ready []int
		for i, one := range s.backends {
			if slices.Contains(*s.rotation.Load(), one) {
				ready = append(ready, i)
			}
		}
		if slices.Equal(ready, want) {
			return
		}
		select {
		case <-deadline.C:
			s.t.Fatalf("ready are %v, want %v", ready, want)
		case <-time.After(readyPoll):
		}
	}
}

// call sends a request, and returns status and body.
func (s *system) call(method, body string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+"/", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set(api.HeaderIdempotencyKey, "a key makes nothing repeatable here")
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(text)
}

func (s *system) wantProblem(answer *http.Response, body string, status int, kind string) {
	s.t.Helper()
	var p api.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil || answer.StatusCode != status || p.Type != kind || p.Status != status ||
		answer.Header.Get("Content-Type") != api.ContentTypeProblem {
		s.t.Errorf("answered %d %v %s, want %d %s", answer.StatusCode, answer.Header, body, status, kind)
	}
}

func TestServersTakeTurnsAndOnlyTheReadyOnes(t *testing.T) {
	a, b, c := newReplica(t, "a"), newReplica(t, "b"), newReplica(t, "c")
	s := newSystem(t, a, b, c)
	s.awaitReady(0, 1, 2)
	counts := func() map[string]int {
		counts := map[string]int{}
		for range 12 {
			_, who := s.call("GET", "")
			counts[who]++
		}
		return counts
	}
	if got := counts(); got["a"] != 4 || got["b"] != 4 || got["c"] != 4 {
		t.Errorf("of 12 requests %v", got)
	}
	b.ready.Store(false)
	s.awaitReady(0, 2)
	if got := counts(); got["a"] != 6 || got["c"] != 6 {
		t.Errorf("without b: of 12 requests %v", got)
	}
	b.ready.Store(true)
	if err := s.AwaitReady(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if got := counts(); got["b"] != 4 {
		t.Errorf("with b again: of 12 requests %v", got)
	}
}

func TestWhatIsInFlightFinishes(t *testing.T) {
	a := newReplica(t, "a")
	arrived, release := make(chan struct{}), make(chan struct{})
	a.serve = func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "late")
	}
	s := newSystem(t, a)
	s.awaitReady(0)
	var call sync.WaitGroup
	call.Go(func() {
		if answer, err := s.client.Post("http://"+s.addr, "text/plain", strings.NewReader("x")); err != nil {
			t.Error(err)
		} else if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "late" {
			t.Errorf("answered %d %s: %v", answer.StatusCode, body, err)
		} else {
			_ = answer.Body.Close()
		}
	})
	<-arrived
	a.ready.Store(false)
	s.awaitReady()
	close(release)
	call.Wait()
}

func TestNobodyReady(t *testing.T) {
	a := newReplica(t, "a")
	a.ready.Store(false)
	s := newSystem(t, a)
	answer, body := s.call("POST", "{}")
	s.wantProblem(answer, body, http.StatusServiceUnavailable, api.ProblemOverloaded)
	if answer.Header.Get("Retry-After") == "" || a.served.Load() != 0 {
		t.Errorf("headers %v, %d requests arrived", answer.Header, a.served.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s.AwaitReady(ctx, 0) == nil {
		t.Error("it is ready")
	}
}

// A server whose port is closed is not waited for: its requests, bodies and all, go to the next one.
func TestRefusedRequestsGoToAnother(t *testing.T) {
	a, b := newReplica(t, "a"), newReplica(t, "b")
	s := newSystem(t, a, b)
	b.serve = func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	s.awaitReady(0, 1)
	a.api.Close()
	for range 4 {
		if answer, body := s.call("POST", "all of it"); answer.StatusCode != http.StatusOK || body != "all of it" {
			t.Errorf("answered %d %q", answer.StatusCode, body)
		}
	}
}

// Nobody knows what became of a request whose connection broke, so that it is sent once, key or no key.
func TestLostAnswersAreUnknown(t *testing.T) {
	a, b := newReplica(t, "a"), newReplica(t, "b")
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
	a.serve, b.serve = hangUp, hangUp
	s := newSystem(t, a, b)
	s.awaitReady(0, 1)
	for n := range int64(6) {
		answer, body := s.call("POST", "{}")
		s.wantProblem(answer, body, http.StatusBadGateway, api.ProblemOutcomeUnknown)
		if sent := a.served.Load() + b.served.Load(); sent != n+1 {
			t.Fatalf("%d requests arrived for %d", sent, n+1)
		}
	}
}

// A frozen server answers no question, and is given up after a while.
func TestSilentServersGetNothing(t *testing.T) {
	quick, frozen := newReplica(t, "quick"), newReplica(t, "frozen")
	s := newSystem(t, quick, frozen)
	s.awaitReady(0, 1)
	thaw := frozen.freeze()
	defer thaw()
	began := time.Now()
	s.awaitReady(0)
	if took := time.Since(began); took < silenceMax-2*pollTimeout {
		t.Errorf("given up after %v", took)
	}
	thaw()
	s.awaitReady(0, 1)
}

func TestHugeBodiesAreRefused(t *testing.T) {
	a := newReplica(t, "a")
	a.serve = func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	s := newSystem(t, a)
	s.awaitReady(0)
	answer, body := s.call("POST", strings.Repeat("x", bodyMax+1))
	s.wantProblem(answer, body, http.StatusRequestEntityTooLarge, api.ProblemTooLarge)
	if a.served.Load() != 0 {
		t.Error("it was passed on")
	}
	if answer, _ := s.call("POST", strings.Repeat("x", bodyMax)); answer.StatusCode != http.StatusOK {
		t.Errorf("a body within bounds: %d", answer.StatusCode)
	}
}

// Signed is what was sent, byte for byte, and what a server says of itself is its own business.
func TestPassesUnchanged(t *testing.T) {
	const sent = "POST //api/%2f?a=1;b=%zz HTTP/1.1\r\nHost: shop.example\r\nWebhook-Signature: v1,abc= v1,def=\r\n" +
		"Content-Length: 7\r\n\r\n{ \"a\":1"
	a := newReplica(t, "a")
	got := make(chan *http.Request, 1)
	a.serve = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		got <- r
		w.Header()["Date"], w.Header()["Content-Type"] = []string{"then"}, nil
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "<html>")
	}
	s := newSystem(t, a)
	s.awaitReady(0)
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if want := (http.Header{"Date": {"then"}, "Idempotent-Replayed": {"true"}, "Content-Length": {"6"}}); err != nil ||
		answer.StatusCode != http.StatusCreated || string(body) != "<html>" || !sameHeader(answer.Header, want) {
		t.Errorf("answered %d %v %s: %v", answer.StatusCode, answer.Header, body, err)
	}
	r := <-got
	raw, _ := io.ReadAll(r.Body)
	want := http.Header{"Webhook-Signature": {"v1,abc= v1,def="}, "Content-Length": {"7"}}
	if r.RequestURI != "//api/%2f?a=1;b=%zz" || r.Host != "shop.example" || string(raw) != "{ \"a\":1" || !sameHeader(r.Header, want) {
		t.Errorf("%s %s arrived for %s with %v and %s", r.Method, r.RequestURI, r.Host, r.Header, raw)
	}
}

func sameHeader(a, b http.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for name, values := range a {
		if !slices.Equal(values, b[name]) {
			return false
		}
	}
	return true
}

// BenchmarkRequest is what a small POST costs, both HTTP servers and the client included.
func BenchmarkRequest(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"hold_id":1}`)
	}))
	defer server.Close()
	listener := listen(b)
	balancer := Start(listener, []Backend{{URL: server.URL, Admin: server.URL}})
	defer balancer.Close()
	if err := balancer.AwaitReady(b.Context(), 0); err != nil {
		b.Fatal(err)
	}
	for name, url := range map[string]string{"straight": server.URL, "balanced": "http://" + listener.Addr().String()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for b.Loop() {
				answer, err := client.Post(url, api.ContentTypeJSON, strings.NewReader(`{"product_id":1,"qty":1}`))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
		})
	}
}
