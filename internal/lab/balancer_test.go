package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd is a number of clients who keep their connections and send one request after the other, holds and reads.
type crowd struct {
	url     string
	stop    context.CancelFunc
	clients sync.WaitGroup

	mu    sync.Mutex
	codes map[int]int
	wrong []wrongAnswer
}

// wrongAnswer is one that is no answer of a healthy server, or none at all.
type wrongAnswer struct {
	called time.Time
	status int // 0: none
	what   string
}

const (
	crowdSize  = 16
	crowdPause = 5 * time.Millisecond
	crowdWait  = 10 * time.Second // for one answer
)

// gather starts a crowd at the lab's one address.
func gather(t *testing.T, l *Lab) *crowd {
	t.Helper()
	if len(l.URLs()) != 1 {
		t.Fatalf("the balancer's clients have %v to choose from", l.URLs())
	}
	ctx, stop := context.WithCancel(t.Context())
	c := &crowd{url: l.URLs()[0], stop: stop, codes: map[int]int{}}
	for i := range crowdSize {
		c.clients.Go(func() { c.shop(ctx, i) })
	}
	t.Cleanup(c.leave)
	return c
}

// leave lets everyone finish what they wait for, and go.
func (c *crowd) leave() {
	c.stop()
	c.clients.Wait()
}

// shop is one client: of product 1 there is plenty, of product 9 there are a few units.
func (c *crowd) shop(ctx context.Context, number int) {
	client := &http.Client{Timeout: crowdWait, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	pause := time.NewTicker(crowdPause)
	defer pause.Stop()
	for n := 0; ; n++ {
		product := 1
		if n%8 == 0 {
			product = 9
		}
		called := time.Now()
		var answer *http.Response
		var err error
		if n%2 == 0 {
			r, _ := http.NewRequest(http.MethodPost, c.url+"/api/holds",
				strings.NewReader(fmt.Sprintf(`{"product_id":%d,"qty":1}`, product)))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", fmt.Sprintf("client-%d-%d", number, n))
			answer, err = client.Do(r)
		} else {
			answer, err = client.Get(fmt.Sprintf("%s/api/products/%d", c.url, product))
		}
		c.note(called, answer, err)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

func (c *crowd) note(called time.Time, answer *http.Response, err error) {
	var body []byte
	if err == nil {
		body, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.wrong = append(c.wrong, wrongAnswer{called, 0, err.Error()})
	case answer.StatusCode >= 300 && answer.StatusCode != http.StatusConflict:
		c.wrong = append(c.wrong, wrongAnswer{called, answer.StatusCode, string(bytes.TrimSpace(body))})
	default:
		c.codes[answer.StatusCode]++
	}
}

// served is how many requests were answered well so far.
func (c *crowd) served() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.codes {
		n += count
	}
	return n
}

// awaitServed waits until so many more were.
func (c *crowd) awaitServed(t *testing.T, more int) {
	t.Helper()
	from := c.served()
	if !within(10*time.Second, func() bool { return c.served() >= from+more }) {
		t.Fatalf("%d requests were answered and no more; wrong: %v", c.served(), c.wrong)
	}
}

// replicas starts three real servers behind the balancer.
func replicas(t *testing.T, o Options) *Lab {
	t.Helper()
	isolate(t)
	o.Binary, o.Replicas, o.Balancer = realProgram(t), 3, true
	o.Products = []Product{{ID: 1, Name: "console", Price: 500, StockTotal: 1e9}, {ID: 9, Name: "gamepad", Price: 60, StockTotal: 7}}
	return start(t, o)
}

// A rolling restart behind a balancer that obeys readiness fails not a single request, roads or no roads.
func TestRollingRestartFailsNoRequest(t *testing.T) {
	for name, o := range map[string]Options{
		"flashsale": {}, "strawman with roads": {Kind: KindStrawman, ClientRoads: true, DatabaseRoads: true},
	} {
		t.Run(name, func(t *testing.T) { rollingRestart(t, replicas(t, o)) })
	}
}

func rollingRestart(t *testing.T, l *Lab) {
	t.Helper()
	c := gather(t, l)
	c.awaitServed(t, 100)
	for i, v := range l.Victims() {
		if end, err := v.Drainer().Drain(t.Context()); err != nil || end != "exit status 0" {
			t.Fatalf("server %d: %s, %v", i, end, err)
		}
		c.awaitServed(t, 100)
		if err := v.Drainer().Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.awaitServed(t, 100)
	}
	c.leave()
	if len(c.wrong) > 0 {
		t.Errorf("%d wrong answers, the first %+v", len(c.wrong), c.wrong[0])
	}
	if l.Err() != nil {
		t.Error(l.Err())
	}
	if c.codes[http.StatusCreated] == 0 || c.codes[http.StatusOK] == 0 || c.codes[http.StatusConflict] == 0 {
		t.Errorf("answered were %v", c.codes)
	}
	t.Logf("answered were %v", c.codes)
}

// When a server dies, what it had in hand is unknown, and everything else goes to the others.
func TestKilledServerBehindTheBalancer(t *testing.T) {
	l := replicas(t, Options{})
	c := gather(t, l)
	c.awaitServed(t, 100)
	killed := time.Now()
	if _, err := l.Victims()[1].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.awaitServed(t, 200)
	d := l.Victims()[1].Drainer()
	if _, err := d.Drain(t.Context()); err == nil {
		t.Error("a dead server was drained")
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.awaitServed(t, 200)
	c.leave()
	if len(c.wrong) > crowdSize {
		t.Errorf("%d requests failed, of %d clients", len(c.wrong), crowdSize)
	}
	for _, w := range c.wrong {
		if w.status != http.StatusBadGateway && w.status != http.StatusServiceUnavailable || w.called.Sub(killed) > time.Second {
			t.Errorf("called %v after the kill, answered %d %s", w.called.Sub(killed), w.status, w.what)
		}
	}
	t.Logf("%d requests failed", len(c.wrong))
}

// A drain that the caller has no patience for ends in a kill, and says so.
func TestImpatientDrain(t *testing.T) {
	isolate(t)
	v := start(t, Options{}).Victims()[0]
	if err := v.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if end, err := v.Drainer().Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%s, %v", end, err)
	}
}

func TestNothingToBalance(t *testing.T) {
	for _, o := range []Options{{Kind: KindDatabase, Balancer: true}, {Kind: KindFront, Counter: CounterMemory, Balancer: true}} {
		if l, err := Start(t.Context(), o); err == nil {
			t.Errorf("a balancer in front of %s", o.Kind)
			_ = l.Close(t.Context())
		}
	}
}
