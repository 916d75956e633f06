package coalesce_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flashsale/server/internal/coalesce"
)

// gate is a fetch that announces each read and lets it end when told to.
type gate struct {
	began chan []string
	end   chan error
	reads atomic.Int64
}

func newGate() *gate { return &gate{began: make(chan []string, 16), end: make(chan error)} }

func (g *gate) fetch(_ context.Context, keys []string) (map[string]int64, error) {
	n := g.reads.Add(1)
	g.began <- keys
	err := <-g.end
	values := map[string]int64{}
	for _, k := range keys {
		if k != "missing" {
			values[k] = n
		}
	}
	return values, err
}

var config = coalesce.Config{KeysMax: 2, ConcurrentMax: 1, WaitingMax: 3, Timeout: time.Minute}

type got struct {
	value int64
	found bool
	err   error
}

func inAMinute() time.Time { return time.Now().Add(time.Minute) }

func ask(g *coalesce.Group[string, int64], key string) chan got {
	c := make(chan got, 1)
	go func() {
		v, found, err := g.Get(inAMinute(), key)
		c <- got{v, found, err}
	}()
	return c
}

func TestSharesOnlyAReadThatBeganLater(t *testing.T) {
	gate := newGate()
	group := coalesce.New(config, gate.fetch)
	first := ask(group, "a")
	<-gate.began // the first read is in flight
	var late []chan got
	for range 5 {
		late = append(late, ask(group, "a"))
	}
	gate.end <- nil
	if v := <-first; v != (got{1, true, nil}) {
		t.Fatalf("first caller got %+v", v)
	}
	<-gate.began
	gate.end <- nil
	for _, c := range late {
		// A caller that arrived after the first read began must not get its value. Those that came
		// after the second began too are served by a third.
		select {
		case v := <-c:
			if v.value < 2 {
				t.Errorf("a late caller got the value of read %d", v.value)
			}
		case <-gate.began:
			gate.end <- nil
			if v := <-c; v.value < 2 {
				t.Errorf("a late caller got the value of read %d", v.value)
			}
		}
	}
}

func TestMissingKeysAndErrors(t *testing.T) {
	gate := newGate()
	group := coalesce.New(config, gate.fetch)
	c := ask(group, "missing")
	<-gate.began
	gate.end <- nil
	if v := <-c; v.found || v.err != nil {
		t.Errorf("missing key: %+v", v)
	}
	broken := errors.New("broken")
	c = ask(group, "a")
	<-gate.began
	gate.end <- broken
	if v := <-c; !errors.Is(v.err, broken) {
		t.Errorf("error: %+v", v)
	}
}

func TestWaitingIsBoundedAndAPatienceEnds(t *testing.T) {
	gate := newGate()
	group := coalesce.New(config, gate.fetch)
	first := ask(group, "a")
	<-gate.began
	for _, k := range []string{"b", "c", "d"} {
		if _, _, err := group.Get(time.Now(), k); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: %v", k, err)
		}
	}
	if _, _, err := group.Get(time.Now(), "e"); !errors.Is(err, coalesce.ErrFull) {
		t.Fatalf("a fourth waiting key: %v", err)
	}
	gate.end <- nil
	<-first
	if keys := <-gate.began; len(keys) != 2 {
		t.Errorf("one read asked for %d keys, at most 2 are allowed", len(keys))
	}
	gate.end <- nil
	<-gate.began
	gate.end <- nil
}

func TestManyCallers(t *testing.T) {
	var reads atomic.Int64
	group := coalesce.New(coalesce.Config{KeysMax: 8, ConcurrentMax: 4, WaitingMax: 100, Timeout: time.Minute},
		func(_ context.Context, keys []int) (map[int]int, error) {
			reads.Add(1)
			values := map[int]int{}
			for _, k := range keys {
				values[k] = -k
			}
			return values, nil
		})
	var wait sync.WaitGroup
	for i := range 2000 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if v, found, err := group.Get(inAMinute(), i%50); v != -(i%50) || !found || err != nil {
				t.Errorf("key %d: %d %v %v", i%50, v, found, err)
			}
		}()
	}
	wait.Wait()
}
