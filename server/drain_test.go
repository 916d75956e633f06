package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"flashsale/internal/api"
)

// A server that is told to stop before it has begun to serve stops.
func TestStoppedBeforeItServes(t *testing.T) {
	for range 10 {
		s, err := New(testConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		at, _ := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan error, 1)
		go func() { done <- s.run(ctx, at) }()
		select {
		case err := <-done:
			if err != nil || s.phase.Load() == serving {
				t.Errorf("stopped with %v, %v", err, s.phase.Load())
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it serves on")
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

// Clients who are connected and say nothing, or never finish, are owed nothing: the drain is clean without them.
func TestSilentClientsDoNotHoldUpTheDrain(t *testing.T) {
	s := open(t, nil)
	for _, said := range []string{"", "POST /api/holds HTTP/1.1\r\nHost: x\r\nContent-Le",
		"POST /api/holds HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"} {
		client, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := io.WriteString(client, said); err != nil {
			t.Fatal(err)
		}
	}
	s.available(s.product(1)) // they connected before this was answered
	began := time.Now()
	if err := s.stop(); err != nil || time.Since(began) > s.server.cfg.RequestTimeout {
		t.Errorf("drained after %v: %v", time.Since(began), err)
	}
}

// While the drain delay lasts a server says that it is not ready, and serves whoever has not noticed.
func TestDrainDelayServesThoseWhoHaveNotNoticed(t *testing.T) {
	const delay = time.Second
	s := open(t, func(c *Config) { c.DrainDelay = delay })
	product := s.product(2)
	told := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	for status := http.StatusOK; status != http.StatusServiceUnavailable; {
		answer, err := s.client.Get(s.admin + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		status = answer.StatusCode
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.client.CloseIdleConnections()
	s.hold(product, 1) // on a connection of its own
	answer, err := s.client.Get(s.url + api.PathOpenAPI)
	if err != nil || answer.StatusCode != http.StatusOK || !answer.Close {
		t.Fatalf("%+v, %v: a connection was kept that is about to close", answer, err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil || time.Since(told) < delay {
		t.Errorf("stopped after %v: %v", time.Since(told), err)
	}
}
