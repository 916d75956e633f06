package trial

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"flashsale/internal/lab"
	"flashsale/scenarios"
	"flashsale/server"
	"flashsale/simulator/fault"
)

// serve lets the test binary be the server of the tests' labs. It understands what a lab says to one.
func serve(args []string) error {
	c := server.DefaultConfig()
	c.DSN, c.AllowUnsigned, c.Logger = os.Getenv("FLASHSALE_DSN"), true, slog.New(slog.DiscardHandler)
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&c.Addr, "addr", "", "")
	flags.StringVar(&c.AdminAddr, "admin-addr", "", "")
	flags.String("webhook-secret-file", "", "")
	flags.DurationVar(&c.HoldTTL, "hold-ttl", c.HoldTTL, "")
	flags.DurationVar(&c.RequestTimeout, "request-timeout", c.RequestTimeout, "")
	flags.DurationVar(&c.SweepInterval, "sweep-interval", c.SweepInterval, "")
	flags.DurationVar(&c.DrainDelay, "drain-delay", c.DrainDelay, "")
	flags.DurationVar(&c.ClockOffset, "clock-offset", c.ClockOffset, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := server.New(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return s.Run(ctx)
}

// crowd are clients that hold one unit after the other, and never wait long.
type crowd struct{ unanswered atomic.Int64 }

func (c *crowd) Unanswered() int64 { return c.unanswered.Load() }

// come lets them come to each URL until the test is over.
func (c *crowd) come(t *testing.T, urls []string) {
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		clients.Wait()
	})
	const clientsPerURL = 2
	for _, url := range slices.Repeat(urls, clientsPerURL) {
		clients.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 500 * time.Millisecond}
			pace := time.NewTicker(5 * time.Millisecond)
			defer pace.Stop()
			for ctx.Err() == nil {
				c.hold(ctx, client, url)
				<-pace.C
			}
		})
	}
}

func (c *crowd) hold(ctx context.Context, client *http.Client, url string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/holds", bytes.NewReader([]byte(`{"product_id":1,"qty":1}`)))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	if err != nil && ctx.Err() == nil {
		c.unanswered.Add(1)
	}
}

// harmed starts a lab that the faults can befall, with a crowd.
func harmed(t *testing.T, kinds ...string) (*lab.Lab, fault.System) {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=10") // under -race, every process we re-execute would linger for 1 s
	o := lab.Options{
		Replicas: 2, HoldTTL: 200 * time.Millisecond, SweepInterval: 50 * time.Millisecond, RequestTimeout: time.Second,
		Products: []lab.Product{{ID: 1, Name: "console", Price: 500, StockTotal: 1_000_000}},
	}
	prepareFaults(&o, &scenarios.Scenario{Faults: []scenarios.Fault{{Kind: kinds}}})
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(l.Err(), l.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	c := &crowd{}
	c.come(t, l.URLs())
	s := harm(l)
	s.Clients = c
	return l, s
}

// befall injects a fault, waits for its sign, heals it, and waits until all is well again.
func befall(t *testing.T, l *lab.Lab, s fault.System, o fault.Order) {
	t.Helper()
	f, sign := strike(t, s, o)
	if err := f.Heal(t.Context()); err != nil {
		t.Fatalf("heal: %v", err)
	}
	healed := time.Now()
	if err := eventually(t, 5*time.Second, func(ctx context.Context) error { return s.Ready(ctx) }); err != nil {
		t.Fatalf("not ready again: %v", err)
	}
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s; recovered in %s", sign, time.Since(healed).Round(time.Millisecond))
}

// strike injects a fault and waits for its sign.
func strike(t *testing.T, s fault.System, o fault.Order) (f fault.Fault, sign string) {
	t.Helper()
	f, err := fault.New(o, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Inject(t.Context()); err != nil {
		t.Errorf("inject: %v", err)
	}
	if err := eventually(t, 5*time.Second, func(ctx context.Context) error {
		if sign = f.Bitten(ctx); sign == "" {
			return errors.New("no sign")
		}
		return nil
	}); err != nil {
		t.Errorf("did not bite: %v", err)
	}
	return f, sign
}

// eventually tries until there is no error, or patience is at its end; then it returns the last.
func eventually(t *testing.T, patience time.Duration, try func(context.Context) error) (err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		if err = try(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-poll.C:
		}
	}
}

// Every kind does real harm to a real system, which shows it, and is well again when it is healed.
func TestFaultsBite(t *testing.T) {
	var kinds []string
	for _, k := range fault.Kinds() {
		if !k.Needs.SmallDisk && !k.Needs.Balancer {
			kinds = append(kinds, k.Name)
		}
	}
	l, s := harmed(t, kinds...)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			befall(t, l, s, fault.Order{Kind: kind, Server: 1, Latency: 100 * time.Millisecond, Jitter: 20 * time.Millisecond,
				Share: 0.5, By: -3 * time.Hour, Seed: 1})
		})
	}
}

func TestRollingRestartBites(t *testing.T) {
	l, s := harmed(t, "rolling-restart")
	befall(t, l, s, fault.Order{Kind: "rolling-restart"})
	if n := s.Clients.Unanswered(); n != 0 {
		t.Errorf("%d calls were not answered", n)
	}
}

// MariaDB looks for room once a minute: this test does not wait until it commits again.
func TestDiskFullBites(t *testing.T) {
	l, s := harmed(t, "disk-full")
	f, sign := strike(t, s, fault.Order{Kind: "disk-full"})
	if !strings.Contains(sign, "bytes left; ") {
		t.Errorf("sign %q", sign)
	}
	hasty, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := f.Heal(hasty); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("heal: %v", err)
	}
	if left, _, err := s.Database.Disk.Full(t.Context()); err != nil || left == 0 {
		t.Errorf("healed, and %d bytes are left: %v", left, err)
	}
	t.Log(sign)
	for _, v := range l.Victims() { // while commits wait they cannot drain
		if _, err := v.Kill(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckFaults(t *testing.T) {
	of := func(kinds ...string) *scenarios.Scenario {
		return &scenarios.Scenario{Name: "s", Faults: []scenarios.Fault{{Kind: kinds[:1]}, {Kind: kinds[1:]}}}
	}
	ours, theirs, target := Lab{}, Lab{DSN: "root@/"}, Target{}
	for _, c := range []struct {
		sc     *scenarios.Scenario
		system System
		want   string
	}{
		{&scenarios.Scenario{}, target, ""},
		{of("server-kill"), target, "scenario s: server-kill needs servers of the run's own: leave out --target"},
		{of("server-kill", "commit-lost", "answer-lost", "rolling-restart"), theirs, ""},
		{of("server-kill", "database-pause"), theirs,
			"scenario s: database-pause needs a database server of the run's own: leave out --dsn"},
		{of("disk-full", "database-pause"), ours, ""},
		{of("database-kill", "server-kill", "disk-full"), ours, fmt.Sprint("scenario s: ", errDiskDies)},
	} {
		got := ""
		if err := CheckFaults(c.sc, c.system); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
