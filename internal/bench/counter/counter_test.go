package counter_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"

	"flashsale/internal/bench/counter"
	"flashsale/server"
)

func TestMemory(t *testing.T) {
	sellsExactly(t, counter.NewMemory(stock()))
}

func TestRedis(t *testing.T) {
	addr := startRedis(t)
	r, err := counter.NewRedis(t.Context(), addr, stock())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sellsExactly(t, r)
}

func TestNoRedisThere(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if r, err := counter.NewRedis(ctx, "127.0.0.1:1", nil); err == nil {
		r.Close()
		t.Error("it connected to nothing")
	}
}

func stock() map[int64]int64 { return map[int64]int64{1: 100, 2: 5} }

// sellsExactly has many takers at once take what there is, and no more.
func sellsExactly(t *testing.T, c server.Counter) {
	var mu sync.Mutex
	ids := map[int64]bool{}
	var takers sync.WaitGroup
	for range 30 {
		takers.Go(func() {
			for range 3 {
				id, _, granted, err := c.Take(1, 2)
				mu.Lock()
				if granted && ids[id] || err != nil {
					t.Errorf("id %d, granted %t: %v", id, granted, err)
				}
				if granted {
					ids[id] = true
				}
				mu.Unlock()
			}
		})
	}
	takers.Wait()
	if len(ids) != 50 || ids[0] {
		t.Errorf("%d grants of 2 out of 100", len(ids))
	}
	if left, err := c.Left(1); err != nil || left != 0 {
		t.Errorf("%d left: %v", left, err)
	}
	if _, left, granted, err := c.Take(2, 6); err != nil || granted || left != 5 {
		t.Errorf("6 of 5: granted %t, %d left: %v", granted, left, err)
	}
	if _, left, granted, err := c.Take(2, 5); err != nil || !granted || left != 0 {
		t.Errorf("5 of 5: granted %t, %d left: %v", granted, left, err)
	}
	if _, _, granted, err := c.Take(9, 1); err == nil || granted {
		t.Error("a product without a counter was sold")
	}
	if _, err := c.Left(9); err == nil {
		t.Error("a product without a counter has stock")
	}
}

// startRedis starts a private Redis for the test.
func startRedis(t *testing.T) (addr string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on PATH; apt-get install redis-server")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()         // "signal: killed"
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("redis does not listen: %w", err))
		}
	}
}
